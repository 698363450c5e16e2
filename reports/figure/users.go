package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/words"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// cutOff is for how long each of a cell's users was cut off, in ms and in order, those
// of all conclusive trials together; 0: not at all, +Inf: until the end.
type cutOff struct {
	name  string
	users []float64
}

// users draws for which share of a cell's users an outage was over after how long, cell
// beside cell. It is nil where nobody finds a service by DNS: users of anycast are cut
// off together.
func users(in Input) *picture {
	list := in.cutOffs()
	if in.Longest == nil || len(list) == 0 {
		return nil
	}
	keys := userKeys(list)
	return &picture{"users", 4.6 * vg.Inch, func(c draw.Canvas) {
		c = header(c, in.Scenario+": how long users are cut off", "in brackets: for how long half of them are cut off at most, and the last one", keys)
		p := newPlot()
		p.X.Label.Text, p.Y.Label.Text = "cut off for at most", "share of the users, %"
		p.Y.Min, p.Y.Max = 0, 100
		p.X.Min, p.X.Max = math.Inf(1), 0
		for _, cell := range list {
			for _, ms := range append(slices.Clone(cell.users), in.Longest[cell.name]) {
				if ms > 0 && !math.IsInf(ms, 1) {
					p.X.Min, p.X.Max = min(p.X.Min, ms), max(p.X.Max, ms)
				}
			}
		}
		scale := decades{math.Pow(10, math.Floor(math.Log10(1.01*min(p.X.Min, 1000))))}
		p.X.Min, p.X.Max = scale.unit, max(1.3*p.X.Max, 10*scale.unit)
		p.X.Scale, p.X.Tick.Marker = scale, scale
		p.Y.Tick.Marker = linearTicks{5}
		c.Max.Y -= markHeight
		p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) {
			for i, cell := range list {
				cell.draw(c, p, *keys[i].line)
			}
			drawLongest(c, p, in.Longest, list)
		}))
		p.Draw(c)
	}}
}

func (in Input) cutOffs() []cutOff {
	var list []cutOff
	for _, t := range in.Trials {
		name := record.CellName(t.Failover.Cell)
		if t.Inconclusive {
			continue
		}
		at := slices.IndexFunc(list, func(c cutOff) bool { return c.name == name })
		if at < 0 {
			at = len(list)
			list = append(list, cutOff{name: name})
		}
		for _, f := range t.Failover.Broken.Flows {
			ms := 0.0
			if f.Outage != nil {
				ms = f.Outage.Milliseconds()
			}
			list[at].users = append(list[at].users, ms)
		}
	}
	for _, c := range list {
		slices.Sort(c.users)
	}
	return list
}

func userKeys(list []cutOff) []key {
	var keys []key
	for i, c := range list {
		line := draw.LineStyle{Color: nodeColors[i%len(nodeColors)], Width: 2}
		keys = append(keys, key{label: strings.TrimSpace(fmt.Sprintf("%s (%s, %s)", c.name,
			words.Milliseconds(c.users[(len(c.users)-1)/2]), words.Milliseconds(c.users[len(c.users)-1]))), line: &line})
	}
	bound := draw.LineStyle{Color: ink, Width: 1.2, Dashes: limitLine.Dashes}
	return append(keys, key{label: "theory: (interval + timeout) x (fall + 1) + TTL", line: &bound})
}

// draw joins the users' outages by steps.
func (o cutOff) draw(c draw.Canvas, p *plot.Plot, stroke draw.LineStyle) {
	var points []vg.Point
	for i, ms := range o.users {
		if math.IsInf(ms, 1) {
			break
		}
		x := max(ms, p.X.Min)
		before, after := 100*float64(i)/float64(len(o.users)), 100*float64(i+1)/float64(len(o.users))
		points = append(points, at(c, p, x, before), at(c, p, x, after))
	}
	if points != nil { // somebody was served again
		c.StrokeLines(stroke, points)
	}
}

// drawLongest draws what theory promises, each time once.
func drawLongest(c draw.Canvas, p *plot.Plot, longest map[string]float64, list []cutOff) {
	var drawn []float64
	for i, cell := range list {
		ms := longest[cell.name]
		if ms == 0 || slices.Contains(drawn, ms) {
			continue
		}
		drawn = append(drawn, ms)
		style, label := writing(smallSize, ink), words.Milliseconds(ms)
		x := at(c, p, ms, 0).X
		c.StrokeLine2(draw.LineStyle{Color: nodeColors[i%len(nodeColors)], Width: 1.4, Dashes: limitLine.Dashes}, x, c.Min.Y, x, c.Max.Y)
		c.FillText(style, vg.Point{X: x - style.Width(label)/2, Y: c.Max.Y + 2}, label)
	}
}
