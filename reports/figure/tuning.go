package figure

import (
	"cmp"
	"math"
	"slices"

	"anylab/reports/stats"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// TuningName is the file of a tuning's figure, without its ending.
const TuningName = "tuning"

// Tuning is what a tuning's figure shows.
type Tuning struct {
	Title    string
	Subtitle string
	Outage   string // what the axis has: "p95(outage)"
	Settings []Setting
	Goal     Limit
}

// Setting is one point: how long users are cut off, and how often nothing is the matter.
type Setting struct {
	MS        float64
	PerHour   float64 // false failovers
	Low, High float64 // of MS, where it was measured in a lab; 0: it was not
	Meets     bool
	Label     string // of one that is named
	Vendor    bool
	Answer    bool
}

// SaveTuning draws the figure right in dir, as SVG and as PNG, and returns the files'
// names.
func SaveTuning(dir string, in Tuning) ([]string, error) {
	in.Settings = slices.DeleteFunc(slices.Clone(in.Settings), func(s Setting) bool { return !stats.Finite(s.MS) })
	if len(in.Settings) == 0 {
		return nil, nil
	}
	return save(dir, []picture{tuning(in)})
}

// A rate below rarely is drawn as if it were none.
const rarely = 1e-7

// rates are what people call rates, in events an hour.
var rates = []plot.Tick{
	{Value: rarely, Label: "less often"}, {Value: 1 / 8766e2, Label: "1 in 100 years"}, {Value: 1 / 8766.0, Label: "1 a year"}, {Value: 1 / 730.5, Label: "1 a month"},
	{Value: 1 / 24.0, Label: "1 a day"}, {Value: 1, Label: "1 an hour"}, {Value: 60, Label: "1 a minute"}, {Value: 3600, Label: "1 a second"},
}

// logRate is where a rate stands on the axis.
func logRate(perHour float64) float64 { return math.Log10(max(perHour, rarely)) }

var (
	meetingGlyph = draw.GlyphStyle{Color: faint(blue, 0.75), Radius: 3.2, Shape: draw.CircleGlyph{}}
	slowGlyph    = draw.GlyphStyle{Color: faint(muted, 0.45), Radius: 2.6, Shape: draw.CircleGlyph{}}
	vendorGlyph  = draw.GlyphStyle{Color: purple, Radius: 4.2, Shape: draw.BoxGlyph{}}
	answerGlyph  = draw.GlyphStyle{Color: vermillion, Radius: 7, Shape: draw.RingGlyph{}}
	frontLine    = draw.LineStyle{Color: faint(blue, 0.5), Width: 1.6}
	measuredLine = draw.LineStyle{Color: vermillion, Width: 2}
)

func tuning(in Tuning) picture {
	return picture{TuningName, 5 * vg.Inch, func(c draw.Canvas) {
		c = header(c, in.Title, in.Subtitle, in.keys())
		p := newPlot()
		scale := spans{wideScale{finest}}
		p.X.Label.Text = in.Outage + ", on a logarithmic scale"
		p.X.Min, p.X.Max, p.X.Scale, p.X.Tick.Marker = 0, in.end(), scale, scale
		p.Y.Label.Text = "false failovers, worst stress"
		p.Y.Min, p.Y.Max = logRate(0)-0.3, in.top()
		p.Y.Tick.Marker = plot.ConstantTicks(in.rates())
		p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) {
			c.StrokeLines(frontLine, in.front(c, p))
			drawLimits(c, p, []Limit{in.Goal})
			for _, s := range in.Settings {
				s.draw(c, p)
			}
			in.name(c, p)
		}))
		c.Max.Y -= markHeight
		p.Draw(c)
	}}
}

func (in Tuning) end() float64 {
	end := in.Goal.MS
	for _, s := range in.Settings {
		end = max(end, s.MS, s.High)
	}
	return 1.5 * end
}

func (in Tuning) top() float64 {
	top := logRate(1)
	for _, s := range in.Settings {
		top = max(top, logRate(s.PerHour))
	}
	return top + 1
}

// rates are those of the axis.
func (in Tuning) rates() []plot.Tick {
	var ticks []plot.Tick
	for _, t := range rates {
		t.Value = logRate(t.Value)
		ticks = append(ticks, t)
	}
	return ticks
}

// front is Pareto's: of those that nothing beats in both.
func (in Tuning) front(c draw.Canvas, p *plot.Plot) []vg.Point {
	sorted := slices.SortedFunc(slices.Values(in.Settings), func(a, b Setting) int {
		return cmp.Or(cmp.Compare(a.MS, b.MS), cmp.Compare(a.PerHour, b.PerHour))
	})
	var line []vg.Point
	best := math.Inf(1)
	for _, s := range sorted {
		if rate := logRate(s.PerHour); rate < best && !s.Vendor {
			best = rate
			line = append(line, at(c, p, s.MS, rate))
		}
	}
	return line
}

func (s Setting) draw(c draw.Canvas, p *plot.Plot) {
	y := logRate(s.PerHour)
	if s.High > 0 {
		c.StrokeLines(measuredLine, []vg.Point{at(c, p, s.Low, y), at(c, p, s.High, y)})
	}
	style := slowGlyph
	switch {
	case s.Vendor:
		style = vendorGlyph
	case s.Meets:
		style = meetingGlyph
	}
	c.DrawGlyph(style, at(c, p, s.MS, y))
	if s.Answer {
		c.DrawGlyph(answerGlyph, at(c, p, s.MS, y))
	}
}

// name writes the labels beside their points, where there is room; the answer's, which is
// long, is in the key.
func (in Tuning) name(c draw.Canvas, p *plot.Plot) {
	style := writing(smallSize, ink)
	var taken []vg.Rectangle
	for _, s := range in.Settings {
		if s.Label == "" || s.Answer {
			continue
		}
		from, width := at(c, p, s.MS, logRate(s.PerHour)).Add(vg.Point{X: 8, Y: 5}), style.Width(s.Label)
		from.X = min(from.X, c.Max.X-width)
		box := func() vg.Rectangle {
			return vg.Rectangle{Min: from, Max: from.Add(vg.Point{X: width, Y: markHeight})}
		}
		for slices.ContainsFunc(taken, func(o vg.Rectangle) bool { return overlap(o, box()) }) {
			from.Y += markHeight
		}
		taken = append(taken, box())
		c.FillText(style, from, s.Label)
	}
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

func (in Tuning) answer() string {
	i := slices.IndexFunc(in.Settings, func(s Setting) bool { return s.Answer && s.Label != "" })
	if i < 0 {
		return "the answer"
	}
	return "the answer: " + in.Settings[i].Label
}

func (in Tuning) keys() []key {
	some := func(of func(Setting) bool) bool { return slices.ContainsFunc(in.Settings, of) }
	var keys []key
	for _, k := range []struct {
		key
		shown bool
	}{
		{key{label: "meets the goal", glyph: &meetingGlyph}, some(func(s Setting) bool { return s.Meets && !s.Vendor })},
		{key{label: "is too slow", glyph: &slowGlyph}, some(func(s Setting) bool { return !s.Meets && !s.Vendor })},
		{key{label: "nothing is better in both", line: &frontLine}, true},
		{key{label: "a vendor's least", glyph: &vendorGlyph}, some(func(s Setting) bool { return s.Vendor })},
		{key{label: in.answer(), glyph: &answerGlyph}, some(func(s Setting) bool { return s.Answer })},
		{key{label: "measured in the lab", line: &measuredLine}, some(func(s Setting) bool { return s.High > 0 })},
		{key{label: "goal", line: &limitLine}, true},
	} {
		if k.shown {
			keys = append(keys, k.key)
		}
	}
	return keys
}
