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

// Size is what a lab of so many nodes needed.
type Size struct {
	Nodes      int
	Answered   float64 // seconds until a client was answered
	MB         float64 // of memory, a speaker
	Outage     float64 // ms that a crash cut users off; 0: not measured
	Conclusive bool
}

// grows are what is drawn of a size, panel below panel.
var grows = []struct {
	label string
	of    func(Size) float64
}{
	{"answered after, s", func(s Size) float64 { return s.Answered }},
	{"memory of a speaker, MB", func(s Size) float64 { return s.MB }},
	{"a crash cuts off for, ms", func(s Size) float64 { return s.Outage }},
}

// SaveGrowth draws what labs of growing size need into dir, a line for each kind of
// them, and returns the files' names.
func SaveGrowth(dir, subtitle string, kinds map[string][]Size) ([]string, error) {
	var keys []key
	names := slices.Sorted(maps.Keys(kinds))
	for _, name := range names {
		keys = append(keys, key{label: name, fill: nodeColor(names, name)})
	}
	height := 1*vg.Inch + trendHeight*vg.Length(len(grows))
	return save(dir, []picture{{"growth", height, func(c draw.Canvas) {
		c = header(c, "what a lab needs as it grows", subtitle, append(keys, key{label: "inconclusive", glyph: &hollow}))
		rows := c.Size().Y / vg.Length(len(grows))
		for i := range grows {
			row := c
			row.Max.Y = c.Max.Y - vg.Length(i)*rows
			row.Min.Y = row.Max.Y - rows
			drawGrowth(row, i, names, kinds)
		}
	}}})
}

func drawGrowth(c draw.Canvas, panel int, names []string, kinds map[string][]Size) {
	what, p := grows[panel], newPlot()
	p.Y.Label.Text, p.X.Label.Text = what.label, "nodes"
	p.X.Min, p.X.Max = math.Inf(1), 0
	ticks := plot.ConstantTicks{}
	for _, name := range names {
		for _, s := range kinds[name] {
			p.X.Min, p.X.Max = min(p.X.Min, 0.8*float64(s.Nodes)), max(p.X.Max, 1.25*float64(s.Nodes))
			p.Y.Max = max(p.Y.Max, 1.2*what.of(s))
			ticks = append(ticks, plot.Tick{Value: float64(s.Nodes), Label: fmt.Sprint(s.Nodes)})
		}
	}
	p.X.Scale, p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogScale{}, ticks, linearTicks{5}
	p.Y.Min = 0
	p.Add(plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		for _, name := range names {
			drawSizes(c, p, kinds[name], what.of, draw.LineStyle{Color: nodeColor(names, name), Width: 2})
		}
	}))
	p.Draw(c)
}

func drawSizes(c draw.Canvas, p *plot.Plot, sizes []Size, of func(Size) float64, stroke draw.LineStyle) {
	var points []vg.Point
	for _, s := range sizes {
		if of(s) > 0 {
			points = append(points, at(c, p, float64(s.Nodes), of(s)))
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
