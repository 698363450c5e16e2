package figure

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Growth is what there is more and more of, and what that costs.
type Growth struct {
	File, Title string
	Along       string // what there is more of, below the axis
	Costs       []Cost // one panel each
}

// Cost is something that is measured of each size.
type Cost struct {
	Label   string // with its unit
	Decades bool   // its axis is logarithmic above 1
}

// Size is what so many of it cost.
type Size struct {
	Of         int
	Costs      []float64 // as those of the Growth; 0: not measured
	Conclusive bool
}

// Save draws the sizes of each kind into dir, a line for each, and returns the files' names.
func (g Growth) Save(dir, subtitle string, kinds map[string][]Size) ([]string, error) {
	var keys []key
	names := slices.Sorted(maps.Keys(kinds))
	for _, name := range names {
		keys = append(keys, key{label: name, fill: nodeColor(names, name)})
	}
	height := 1*vg.Inch + trendHeight*vg.Length(len(g.Costs))
	return save(dir, []picture{{g.File, height, func(c draw.Canvas) {
		c = header(c, g.Title, subtitle, append(keys, key{label: "inconclusive", glyph: &hollow}))
		rows := c.Size().Y / vg.Length(len(g.Costs))
		for i := range g.Costs {
			row := c
			row.Max.Y = c.Max.Y - vg.Length(i)*rows
			row.Min.Y = row.Max.Y - rows
			g.drawCost(row, i, names, kinds)
		}
	}}})
}

func (g Growth) drawCost(c draw.Canvas, cost int, names []string, kinds map[string][]Size) {
	p, of := newPlot(), func(s Size) float64 { return s.Costs[cost] }
	p.Y.Label.Text, p.X.Label.Text = g.Costs[cost].Label, g.Along
	p.X.Min, p.X.Max = math.Inf(1), 0
	ticks := plot.ConstantTicks{}
	for _, name := range names {
		for _, s := range kinds[name] {
			p.X.Min, p.X.Max = min(p.X.Min, 0.8*float64(s.Of)), max(p.X.Max, 1.25*float64(s.Of))
			p.Y.Max = max(p.Y.Max, 1.2*of(s))
			ticks = append(ticks, plot.Tick{Value: float64(s.Of), Label: fmt.Sprint(s.Of)})
		}
	}
	p.X.Scale, p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogScale{}, ticks, linearTicks{5}
	if g.Costs[cost].Decades {
		p.Y.Scale, p.Y.Tick.Marker = wideScale{1}, wideScale{1}
	}
	p.Y.Min = 0
	p.Add(plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		for _, name := range names {
			drawSizes(c, p, kinds[name], of, draw.LineStyle{Color: nodeColor(names, name), Width: 2})
		}
	}))
	p.Draw(c)
}

func drawSizes(c draw.Canvas, p *plot.Plot, sizes []Size, of func(Size) float64, stroke draw.LineStyle) {
	var points []vg.Point
	for _, s := range sizes {
		if of(s) > 0 {
			points = append(points, at(c, p, float64(s.Of), of(s)))
		}
	}
	c.StrokeLines(stroke, points)
	for i, s := range slices.DeleteFunc(slices.Clone(sizes), func(s Size) bool { return of(s) <= 0 }) {
		glyph := dot
		if !s.Conclusive {
			glyph = hollow
		}
		glyph.Color = stroke.Color
		c.DrawGlyph(glyph, points[i])
	}
}
