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
	Decades bool   // its axis is logarithmic
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
	p.X.Min, p.X.Max, p.Y.Min = math.Inf(1), 0, math.Inf(1)
	sizes := map[int]bool{}
	for _, name := range names {
		for _, s := range kinds[name] {
			p.X.Min, p.X.Max = min(p.X.Min, 0.8*float64(s.Of)), max(p.X.Max, 1.25*float64(s.Of))
			p.Y.Max = max(p.Y.Max, 1.2*of(s))
			if of(s) > 0 {
				p.Y.Min = min(p.Y.Min, of(s))
			}
			sizes[s.Of] = true
		}
	}
	var ticks plot.ConstantTicks
	for size := range sizes {
		ticks = append(ticks, plot.Tick{Value: float64(size), Label: fmt.Sprint(size)})
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticks
	if g.Costs[cost].Decades {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
		p.Y.Min = math.Pow(10, math.Floor(math.Log10(p.Y.Min)))
	} else {
		p.Y.Min, p.Y.Tick.Marker = 0, linearTicks{5}
	}
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
