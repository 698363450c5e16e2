package figure

import (
	"image/color"
	"slices"

	"anylab/reports/stats"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ValidationName is the file of a validation's figure, without its ending.
const ValidationName = "validation"

// Validation is what a validation's figure shows.
type Validation struct {
	Title string // the answer
	Rows  []Validated
}

// Validated is a row: a failure with its trials.
type Validated struct {
	Name   string
	Answer stats.Answer
	Dots   []Dot
	Limits []Limit // what is required of the interruption
}

// Dot is one trial: how long users were cut off, in milliseconds.
type Dot struct {
	MS           float64
	Low          float64 // at least
	Inconclusive bool
	Open         bool // the repair ended it, or nothing did
}

// SaveValidation draws the figure right in dir, as SVG and as PNG, and returns the
// files' names.
func SaveValidation(dir string, in Validation, n Network) ([]string, error) {
	var list []picture
	if len(in.Rows) > 0 {
		list = append(list, validation(in))
	}
	if len(n.Topology.Nodes) > 0 {
		list = append(list, n.picture())
	}
	return save(dir, list)
}

var answerColors = map[stats.Answer]color.NRGBA{stats.Proven: blue, stats.Refuted: vermillion, stats.Undecided: muted}

// finest is where the axis of a validation turns from linear to logarithmic.
const finest = 10

func validation(in Validation) picture {
	limits := in.limits()
	height := 1.7*vg.Inch + vg.Length(len(in.Rows))*24
	return picture{ValidationName, max(height, 3*vg.Inch), func(c draw.Canvas) {
		c = header(c, in.Title, "each dot is one trial: how long users were cut off, all in all", in.keys())
		p := newPlot()
		scale := spans{wideScale{finest}}
		p.X.Label.Text = "interruption, on a logarithmic scale"
		p.X.Min, p.X.Max, p.X.Scale, p.X.Tick.Marker = 0, in.end(), scale, scale
		p.Y.Min, p.Y.Max = 0, float64(len(in.Rows))
		p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.Padding = in.ticks(), 0, 6
		p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) {
			for i, row := range in.Rows {
				row.draw(c, p, float64(len(in.Rows)-i)-0.5)
			}
			drawLimits(c, p, limits)
		}))
		c.Max.Y -= vg.Length(len(limits)) * markHeight
		p.Draw(c)
	}}
}

// spans is a scale of milliseconds that says seconds where those are meant.
type spans struct{ wideScale }

// Ticks implements plot.Ticker.
func (s spans) Ticks(low, high float64) []plot.Tick {
	ticks := s.wideScale.Ticks(low, high)
	for i, t := range ticks {
		switch {
		case t.Label == "" || t.Value == 0:
		case t.Value < 1000:
			ticks[i].Label = number(t.Value) + " ms"
		default:
			ticks[i].Label = number(t.Value/1000) + " s"
		}
	}
	return ticks
}

// limits are those of all rows, each once.
func (in Validation) limits() []Limit {
	var list []Limit
	for _, row := range in.Rows {
		for _, l := range row.Limits {
			if !slices.Contains(list, l) {
				list = append(list, l)
			}
		}
	}
	return finiteLimits(Input{Limits: list})
}

// end is where the axis ends.
func (in Validation) end() float64 {
	end := 2.0 * finest
	for _, row := range in.Rows {
		for _, d := range row.Dots {
			end = max(end, d.at())
		}
	}
	for _, l := range in.limits() {
		end = max(end, l.MS)
	}
	return 1.3 * end
}

// at is where the dot stands: one that did not end, where it was given up.
func (d Dot) at() float64 {
	if !stats.Finite(d.MS) {
		return d.Low
	}
	return d.MS
}

func (in Validation) ticks() plot.ConstantTicks {
	ticks := plot.ConstantTicks{}
	for i, row := range in.Rows {
		ticks = append(ticks, plot.Tick{Value: float64(len(in.Rows)-i) - 0.5, Label: row.Name})
	}
	return ticks
}

func (in Validation) keys() []key {
	var keys []key
	for _, a := range []stats.Answer{stats.Proven, stats.Refuted, stats.Undecided} {
		if slices.ContainsFunc(in.Rows, func(row Validated) bool { return row.Answer == a }) {
			keys = append(keys, key{label: string(a), glyph: &draw.GlyphStyle{Color: answerColors[a], Radius: 3.2, Shape: draw.CircleGlyph{}}})
		}
	}
	some := func(of func(Dot) bool) bool {
		return slices.ContainsFunc(in.Rows, func(row Validated) bool { return slices.ContainsFunc(row.Dots, of) })
	}
	if some(func(d Dot) bool { return d.Open }) {
		keys = append(keys, key{label: "until the repair, or longer", glyph: &openGlyph})
	}
	if some(func(d Dot) bool { return d.Inconclusive }) {
		keys = append(keys, key{label: "inconclusive", glyph: &hollow})
	}
	if len(in.limits()) > 0 {
		keys = append(keys, key{label: "required", line: &limitLine})
	}
	return keys
}

func (row Validated) draw(c draw.Canvas, p *plot.Plot, y float64) {
	for i, d := range row.Dots {
		style := draw.GlyphStyle{Color: faint(answerColors[row.Answer], 0.75), Radius: 3.2, Shape: draw.CircleGlyph{}}
		switch {
		case d.Inconclusive:
			style = hollow
		case d.Open:
			style = openGlyph
		}
		c.DrawGlyph(style, at(c, p, d.at(), y+scatter(i)))
	}
}
