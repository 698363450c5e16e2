package figure

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bar is one value and what is written behind it.
type bar struct {
	value float64
	text  string
}

// bars are rows of them, in each row one for each of the series; a row may lack the last
// ones.
type bars struct {
	name, title, subtitle string
	axis                  string
	most                  float64 // of the axis; 0: as the values have it
	series                []string
	rows                  []string
	values                [][]bar
}

func (b bars) picture() *picture {
	count := vg.Length(len(b.rows))
	thick := vg.Length(max(1, len(b.series)))
	return &picture{b.name, 1.9*vg.Inch + count*(10+13*thick), func(c draw.Canvas) {
		var keys []key
		if len(b.series) > 1 {
			for i, name := range b.series {
				keys = append(keys, key{label: name, fill: nodeColors[i%len(nodeColors)]})
			}
		}
		c = header(c, b.title, b.subtitle, keys)
		p := newPlot()
		p.X.Label.Text = b.axis
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, b.most, 0, float64(len(b.rows))
		ticks := plot.ConstantTicks{}
		for i, name := range b.rows {
			ticks = append(ticks, plot.Tick{Value: float64(len(b.rows)-i) - 0.5, Label: name})
			for _, v := range b.values[i] {
				p.X.Max = max(p.X.Max, 1.2*v.value)
			}
		}
		p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.Padding, p.X.Tick.Marker = ticks, 0, 6, linearTicks{5}
		p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) {
			for i := range b.rows {
				b.drawRow(c, p, i)
			}
		}))
		p.Draw(c)
	}}
}

func (b bars) drawRow(c draw.Canvas, p *plot.Plot, row int) {
	const part = 0.8 // of a row, the rest is between rows
	step := part / float64(max(1, len(b.series)))
	for i, v := range b.values[row] {
		top := float64(len(b.rows)-row) - (1-part)/2 - float64(i)*step
		low, high := at(c, p, 0, top-0.9*step), at(c, p, v.value, top)
		c.FillPolygon(nodeColors[i%len(nodeColors)], []vg.Point{low, {X: high.X, Y: low.Y}, high, {X: low.X, Y: high.Y}})
		style := writing(smallSize, ink)
		style.YAlign = draw.YCenter
		c.FillText(style, vg.Point{X: high.X + 4, Y: (low.Y + high.Y) / 2}, v.text)
	}
}
