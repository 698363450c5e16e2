package figure

import (
	"fmt"
	"math"

	"anylab/reports/stats"
	"anylab/reports/words"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// sample is one cell of the distribution.
type sample struct {
	name     string
	trials   []Trial
	sum      stats.Summary // of the conclusive trials
	doubtful int           // inconclusive ones
	unclear  bool          // its bounds leave open whether every outage was below one second
}

func samplesOf(trials []Trial) []sample {
	names, of := cells(trials)
	var list []sample
	for _, name := range names {
		s := sample{name: name, trials: of[name]}
		var values []float64
		censored := 0
		for _, t := range s.trials {
			switch v := t.Failover.Broken.Outage.Milliseconds(); {
			case t.Inconclusive:
				s.doubtful++
			case math.IsInf(v, 1):
				censored++
			default:
				values = append(values, v)
			}
		}
		s.sum = stats.Summarise(values, censored)
		list = append(list, s)
	}
	return list
}

// distribution draws every trial's outage, one row per cell.
func distribution(in Input) picture {
	samples := samplesOf(in.Trials)
	height := 1.9*vg.Inch + vg.Length(len(samples))*62
	return picture{"distribution", max(height, 3.4*vg.Inch), func(c draw.Canvas) {
		c = header(c, distributionTitle(in, samples), "each dot is one trial; a trial's outage is that of its worst flow", distributionKeys(in))
		p := newPlot()
		p.X.Label.Text = "outage, ms"
		p.X.Min, p.X.Max = 0, 1
		p.Y.Min, p.Y.Max = 0, float64(len(samples))
		p.Y.Tick.Marker = cellTicks(samples)
		p.Y.Tick.Length = 0
		p.X.Max = outageEnd(in)
		scaleOutage(p, in)
		p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) {
			for i, s := range samples {
				drawSample(c, p, s, float64(len(samples)-1-i))
			}
			drawLimits(c, p, in.Limits)
		}))
		c.Max.Y -= vg.Length(len(finiteLimits(in))) * markHeight
		p.Draw(c)
	}}
}

func distributionTitle(in Input, samples []sample) string {
	if len(samples) == 1 {
		title := in.Scenario + ": " + describe(samples[0])
		if n := samples[0].doubtful; n > 0 {
			title += fmt.Sprintf(", %d inconclusive", n)
		}
		return title
	}
	best, worst := 0, 0
	for i, s := range samples {
		if s.sum.Median < samples[best].sum.Median {
			best = i
		}
		if s.sum.Median > samples[worst].sum.Median {
			worst = i
		}
	}
	return fmt.Sprintf("%s: median outage from %s (%s) to %s (%s)", in.Scenario,
		words.Milliseconds(samples[best].sum.Median), samples[best].name, words.Milliseconds(samples[worst].sum.Median), samples[worst].name)
}

// describe is one cell's result in words.
func describe(s sample) string {
	if s.sum.N == 0 {
		return "no conclusive trial"
	}
	if s.sum.Max == 0 {
		return fmt.Sprintf("no outage, n = %d", s.sum.N)
	}
	if s.sum.Min > math.MaxFloat64 {
		return fmt.Sprintf("%s, n = %d", words.NotRestored, s.sum.N)
	}
	out := "median outage " + words.Milliseconds(s.sum.Median)
	if stats.Finite(s.sum.CI95[0]) && stats.Finite(s.sum.CI95[1]) {
		out += fmt.Sprintf(" (95 %% CI %s)", words.Span(s.sum.CI95[0], s.sum.CI95[1]))
	}
	if s.sum.Censored > 0 {
		return fmt.Sprintf("%s, %d of %d not restored", out, s.sum.Censored, s.sum.N)
	}
	return fmt.Sprintf("%s, max %s, n = %d", out, words.Milliseconds(s.sum.Max), s.sum.N)
}

func distributionKeys(in Input) []key {
	keys := []key{{label: "trial", glyph: &dot}}
	for _, t := range in.Trials {
		if t.Inconclusive {
			keys = append(keys, key{label: "inconclusive", glyph: &hollow})
			break
		}
	}
	for _, t := range in.Trials {
		if math.IsInf(t.Failover.Broken.Outage.Milliseconds(), 1) {
			keys = append(keys, openKey)
			break
		}
	}
	keys = append(keys, key{label: "median and its 95 % confidence interval", fill: faint(vermillion, 0.3), line: &medianLine})
	if theoryOf(in.Trials) != nil {
		keys = append(keys, key{label: "theory", fill: faint(purple, theoryOpacity), line: &theoryEdge})
	}
	if len(finiteLimits(in)) > 0 {
		keys = append(keys, key{label: "expectation", line: &limitLine})
	}
	return keys
}

var (
	dot           = draw.GlyphStyle{Color: faint(blue, 0.75), Radius: 3.2, Shape: draw.CircleGlyph{}}
	hollow        = draw.GlyphStyle{Color: muted, Radius: 3.2, Shape: draw.RingGlyph{}}
	censoredGlyph = draw.GlyphStyle{Color: dark, Radius: 5, Shape: draw.BoxGlyph{}}
	openGlyph     = draw.GlyphStyle{Color: dark, Radius: 5, Shape: onward{}}
	openKey       = key{label: words.NotRestored + " within the limit", glyph: &openGlyph}
	medianLine    = draw.LineStyle{Color: vermillion, Width: 2.2}
	limitLine     = draw.LineStyle{Color: ink, Width: 1.2, Dashes: []vg.Length{2, 2}}
)

// onward is a triangle that points to the right: the value is there or further.
type onward struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (onward) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	r := style.Radius
	var p vg.Path
	p.Move(at.Add(vg.Point{X: -r / 2, Y: r}))
	p.Line(at.Add(vg.Point{X: 1.2 * r}))
	p.Line(at.Add(vg.Point{X: -r / 2, Y: -r}))
	p.Close()
	c.SetColor(style.Color)
	c.Fill(p)
}

// openRoom is how far the axis goes on behind a trial that was not restored.
const openRoom = 1.25

// outageEnd returns where the axis ends: beyond every value, bound and limit. A
// trial that was not restored stands where it was given up.
func outageEnd(in Input) float64 {
	end := 1.0
	for _, t := range in.Trials {
		value := millis(t.Failover.Broken.Outage.Value)
		if t.Failover.Broken.Outage.Open {
			value *= openRoom
		}
		end = max(end, value)
		if b := t.whole(); b != nil && stats.Finite(b.High) {
			end = max(end, b.High)
		}
	}
	for _, l := range finiteLimits(in) {
		end = max(end, l.MS)
	}
	return 1.06 * end
}

// scaleOutage chooses a linear axis, or one that spans decades when the
// medians and limits do. Its first decade is that of the shortest outage.
func scaleOutage(p *plot.Plot, in Input) {
	least, shortest := math.Inf(1), math.Inf(1)
	for _, s := range samplesOf(in.Trials) {
		if m := s.sum.Median; m > 0 && stats.Finite(m) {
			least = min(least, m)
		}
	}
	for _, t := range in.Trials {
		if v := millis(t.Failover.Broken.Outage.Value); v > 0 {
			shortest = min(shortest, v)
		}
	}
	if p.X.Max > 30*least {
		scale := decades{max(math.Pow(10, math.Floor(math.Log10(shortest))), 0.1)}
		p.X.Scale, p.X.Tick.Marker, p.X.Label.Text = scale, scale, "outage"
		return
	}
	p.X.Tick.Marker = linearTicks{8}
}

func cellTicks(samples []sample) plot.ConstantTicks {
	ticks := plot.ConstantTicks{}
	for i, s := range samples {
		label := s.name
		if label == "" {
			label = "all trials"
		}
		ticks = append(ticks, plot.Tick{Value: float64(len(samples)-i) - 0.6, Label: label})
	}
	return ticks
}

func drawSample(c draw.Canvas, p *plot.Plot, s sample, y float64) {
	if b := theoryOf(s.trials); b != nil {
		drawTheory(c, p, *b, y+0.08, y+0.74)
	}
	if s.sum.N > 0 {
		drawMedian(c, p, s.sum, y)
	}
	for i, t := range s.trials {
		drawTrial(c, p, t, y+0.41+scatter(i))
	}
	drawText(c, p, s, y+0.78)
}

// drawText writes a row's result over it; the title says it where there is
// only one row.
func drawText(c draw.Canvas, p *plot.Plot, s sample, y float64) {
	text := describe(s)
	if s.doubtful > 0 {
		text += fmt.Sprintf(", %d inconclusive", s.doubtful)
	}
	if p.Y.Max == 1 {
		return
	}
	style, where := writing(smallSize, ink), at(c, p, 0, y).Add(vg.Point{X: 4})
	c.SetColor(faint(paper, 0.85))
	c.Fill(vg.Rectangle{Min: where.Add(vg.Point{X: -2, Y: -2}), Max: where.Add(vg.Point{X: style.Width(text) + 2, Y: 11})}.Path())
	c.FillText(style, where, text)
}

// scatter spreads the trials of a row by the golden ratio: evenly, whatever
// their number, and the same way each time. It returns -0.24 to 0.24.
func scatter(i int) float64 {
	_, f := math.Modf(float64(i) * 0.6180339887)
	return 0.48*f - 0.24
}

func drawMedian(c draw.Canvas, p *plot.Plot, sum stats.Summary, y float64) {
	lo, hi := max(sum.CI95[0], p.X.Min), min(sum.CI95[1], p.X.Max)
	if stats.Finite(sum.CI95[0]) && stats.Finite(sum.CI95[1]) {
		fill(c, p, faint(vermillion, 0.3), lo, y+0.12, hi, y+0.7)
	}
	if stats.Finite(sum.Median) {
		c.StrokeLines(medianLine, []vg.Point{at(c, p, sum.Median, y+0.08), at(c, p, sum.Median, y+0.74)})
	}
}

func drawTrial(c draw.Canvas, p *plot.Plot, t Trial, y float64) {
	x, style := millis(t.Failover.Broken.Outage.Value), dot
	if t.Failover.Broken.Outage.Open {
		style = openGlyph
	}
	if t.Inconclusive {
		style = hollow
	}
	c.DrawGlyph(style, at(c, p, x, y))
}

func finiteLimits(in Input) []Limit {
	var list []Limit
	for _, l := range in.Limits {
		if stats.Finite(l.MS) && l.MS >= 0 {
			list = append(list, l)
		}
	}
	return list
}

// drawLimits draws the expectations' thresholds, each label on its own level.
func drawLimits(c draw.Canvas, p *plot.Plot, limits []Limit) {
	style := writing(smallSize, ink)
	level := 0
	for _, l := range finiteLimits(Input{Limits: limits}) {
		x := at(c, p, l.MS, 0).X
		y := c.Max.Y + vg.Length(level)*markHeight
		c.StrokeLine2(limitLine, x, c.Min.Y, x, y+2)
		left := x + 4
		if left+style.Width(l.Expect) > c.Max.X {
			left = x - 4 - style.Width(l.Expect)
		}
		c.FillText(style, vg.Point{X: left, Y: y + 3}, l.Expect)
		level++
	}
}
