package figure

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// timelines returns one figure for each trial that carries samples.
func timelines(in Input) []picture {
	nodes := nodesOf(in.Trials)
	var list []picture
	for _, t := range in.Trials {
		if len(t.Samples) > 0 {
			list = append(list, picture{timelineName(t), 5.6 * vg.Inch, func(c draw.Canvas) {
				drawTimeline(c, in.Scenario, t, nodes)
			}})
		}
	}
	if len(list) == 1 {
		list[0].name = "timeline"
	}
	return list
}

var unwanted = regexp.MustCompile(`[^a-z0-9.]+`)

func timelineName(t Trial) string {
	name := fmt.Sprintf("timeline %s trial %d", record.CellName(t.Failover.Cell), t.Failover.Index+1)
	return unwanted.ReplaceAllString(strings.ToLower(name), "-")
}

func drawTimeline(c draw.Canvas, scenario string, t Trial, nodes []string) {
	f := t.Failover
	c = header(c, timelineTitle(f), timelineSubtitle(scenario, t), timelineKeys(t, nodes))
	panels := panelsOf(t)
	const gap = 22
	w := (c.Size().X - gap*vg.Length(len(panels)-1)) / vg.Length(len(panels))
	for i, p := range panels {
		part := c
		part.Min.X = c.Min.X + vg.Length(i)*(w+gap)
		part.Max.X = part.Min.X + w
		p.draw(part, t, nodes, i == 0)
	}
}

func timelineTitle(f timeline.Failover) string {
	s := what(f) + ": " + phrase(f.Broken)
	if f.Broken.Outage.Value == 0 || f.Broken.Outage.Open {
		return s
	}
	if f.Mended.Zero > 0 && f.Broken.Outage.Value >= f.Mended.Zero.Sub(f.Broken.Zero) {
		return s + ", until healing"
	}
	if l := longest(segments(f.Broken)); l != "" {
		s += ", " + l
	}
	return s
}

func timelineSubtitle(scenario string, t Trial) string {
	f := t.Failover
	parts := []string{scenario}
	if cell := record.CellName(f.Cell); cell != "" {
		parts = append(parts, cell)
	}
	parts = append(parts, fmt.Sprintf("trial %d", f.Index+1))
	if b := t.whole(); b != nil {
		parts = append(parts, "theory "+words.Span(b.Low, b.High))
	}
	if t.Inconclusive {
		parts = append(parts, "INCONCLUSIVE")
	}
	parts = append(parts, "strong: a request, pale: until the next")
	return strings.Join(parts, "  ·  ")
}

func timelineKeys(t Trial, nodes []string) []key {
	var keys []key
	seen, unknown := map[string]bool{}, false
	for _, g := range t.Samples {
		for _, s := range g.Samples {
			seen[s.Node] = true
			unknown = unknown || s.Node == "" && !s.Lost()
		}
	}
	for _, n := range nodes {
		if seen[n] {
			keys = append(keys, key{label: "answered by " + n, fill: nodeColor(nodes, n)})
		}
	}
	if unknown {
		keys = append(keys, key{label: "answered", fill: grey})
	}
	keys = append(keys, key{label: "lost", fill: dark})
	if t.Failover.Fault != "" {
		keys = append(keys, key{label: "fault in effect", fill: faint(vermillion, 0.45)})
	}
	return keys
}

// panel is one window on a trial: around the fault, or around its healing.
type panel struct {
	title   string
	axis    string
	episode timeline.Episode
	fault   span // while it is in effect
	end     float64
	revived bool // a supervisor healed it
}

// mended says how it was healed.
func (n panel) mended() string {
	if n.revived {
		return "restarted"
	}
	return "healed"
}

// revived says whether a supervisor healed one of the trial's faults.
func (t Trial) revived() bool {
	return slices.ContainsFunc(t.Failover.Faults, func(s timeline.Steps) bool { return s.Restarted != 0 })
}

// panelsOf returns the panel of the fault and, if the healing lies outside of
// it, as it mostly does, the one of the healing.
func panelsOf(t Trial) []panel {
	b, m := t.Failover.Broken, t.Failover.Mended
	broken := panel{"after the fault: " + phrase(b), "ms since the fault", b, span{0, math.Inf(1)}, interesting(b, t), t.revived()}
	if t.Failover.Fault == "" {
		broken.title, broken.axis, broken.fault = phrase(b), "ms", span{}
		_, broken.end = extent(t.Samples, b.Zero)
	}
	if m.Zero == 0 {
		return []panel{broken}
	}
	broken.fault.to = millis(m.Zero.Sub(b.Zero))
	if broken.end >= broken.fault.to {
		return []panel{broken}
	}
	back := span{-broken.fault.to, 0}
	return []panel{broken, {"after healing: " + phrase(m), "ms since healing", m, back, interesting(m, t), t.revived()}}
}

// interesting returns when, in ms after time zero, there is nothing more to
// see: everything lost is answered again, and the last stage was reached.
func interesting(e timeline.Episode, t Trial) float64 {
	end := 5.0
	for _, g := range t.Samples {
		if i := millis(g.Probe.Interval()) / float64(max(g.Probe.Flows, 1)); i < 1e6 {
			end = max(end, 6*i)
		}
	}
	for _, s := range e.Stages {
		end = max(end, millis(s.At.Sub(e.Zero)))
	}
	for _, f := range e.Flows {
		for _, g := range f.Gaps {
			end = max(end, millis(g.Last.Sub(e.Zero)))
		}
	}
	if e.Switch != nil && e.Rerouted {
		end = max(end, millis(e.Switch.Value))
	}
	return max(end, millis(e.Outage.Value))
}

func (n panel) draw(c draw.Canvas, t Trial, nodes []string, labelled bool) {
	c = line(c, textSize, n.title, true)
	marks := n.marks()
	w := n.window(marks, c.Size().X-labelWidth, t.Samples)
	rows := rowsOf(t.Samples, n.episode.Zero, w)

	p := newPlot()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = w.from, w.to, 0, max(height(rows), 1)
	p.X.Label.Text = n.axis
	p.X.Tick.Marker = linearTicks{6}
	p.Y.Tick.Marker = groupTicks(rows, labelled)
	p.Y.Tick.Length = 0
	p.Add(plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		shade(c, p, n.fault)
		drawRows(c, p, rows, nodes)
	}))
	levels := stagger(marks, w, c.Size().X-labelWidth)
	c.Max.Y -= vg.Length(depth(levels))*markHeight + faultHeight
	p.Draw(c)
	data := p.DataCanvas(c)
	drawFault(data, p, n.fault)
	drawMarks(data, p, marks, levels)
}

// labelWidth is about what the names of the probe groups take of a panel.
const labelWidth = 70

// window leaves a fifth of the interesting time before zero, as far as there
// are samples, and room for every label on the right of its line.
func (n panel) window(marks []mark, width vg.Length, samples []Group) span {
	before := 0.2 * n.end
	if first, _ := extent(samples, n.episode.Zero); first < -0.05*n.end {
		before = min(before, -first)
	}
	total := 1.1*n.end + before
	for _, m := range marks {
		room := min(0.6, float64((m.width()+8)/width))
		total = max(total, (m.at+before)/(1-room))
	}
	return span{-before, total - before}
}

// groupTicks names each probe group beside its rows.
func groupTicks(rows []row, labelled bool) plot.ConstantTicks {
	ticks := plot.ConstantTicks{}
	if !labelled {
		return ticks
	}
	top := height(rows)
	for i := 0; i < len(rows); {
		group, flows, bottom := rows[i].group, 0, top
		for ; i < len(rows) && rows[i].group == group; i++ {
			flows += rows[i].flows
			bottom -= rows[i].height
		}
		label := group + "\n" + words.Count(flows, "flow")
		if flows == 1 {
			label = group
		}
		ticks = append(ticks, plot.Tick{Value: (top + bottom) / 2, Label: label})
		top = bottom
	}
	return ticks
}

// drawRows paints the rows, the first one on top.
func drawRows(c draw.Canvas, p *plot.Plot, rows []row, nodes []string) {
	top := height(rows)
	pad := 0.05 * min(1, top/20)
	if top > 48 {
		pad = 0
	}
	for i, r := range rows {
		for _, b := range r.bands {
			col := nodeColor(nodes, b.node)
			if b.lost {
				col = dark
			}
			if b.pale {
				fill(c, p, paper, b.from, top-r.height+pad, b.to, top-pad)
				col = faint(col, map[bool]float64{false: 0.5, true: 0.7}[b.lost])
			}
			fill(c, p, col, b.from, top-r.height+pad, b.to, top-pad)
		}
		if i > 0 && rows[i-1].group != r.group {
			y := at(c, p, 0, top).Y
			c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.5}, c.Min.X, y, c.Max.X, y)
		}
		top -= r.height
	}
}

// faultHeight is the height of the bar over a panel that shows how long the
// fault was in effect.
const faultHeight = 9

// shade tints the background while the fault is in effect.
func shade(c draw.Canvas, p *plot.Plot, f span) {
	fill(c, p, faint(vermillion, 0.12), f.from, p.Y.Min, f.to, p.Y.Max)
}

func drawFault(c draw.Canvas, p *plot.Plot, f span) {
	from, to := max(f.from, p.X.Min), min(f.to, p.X.Max)
	if from >= to {
		return
	}
	c.SetColor(faint(vermillion, 0.45))
	a, b := at(c, p, from, p.Y.Max), at(c, p, to, p.Y.Max)
	c.Fill(vg.Rectangle{Min: vg.Point{X: a.X, Y: a.Y + 1}, Max: vg.Point{X: b.X, Y: a.Y + faultHeight - 1}}.Path())
}
