package figure

import (
	"fmt"
	"math"
	"slices"

	"anylab/reports/stats"
	"anylab/reports/words"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// SubSecond is what "sub-second failover" means, in milliseconds.
const SubSecond = 1000

// Vague says whether so few trials tell little of the next one: though none of
// n was slow, more than half of all may be.
func Vague(n int) bool { return stats.ZeroViolations(n) > 0.5 }

// comparison draws the cells of a matrix side by side: what theory says of the
// detection, and what users saw in every trial, on an axis that spans decades.
func comparison(in Input) picture {
	samples := comparedOf(in)
	height := 1.75*vg.Inch + vg.Length(len(samples))*32
	return picture{"comparison", height, func(c draw.Canvas) {
		c = header(c, comparisonTitle(in, samples), comparisonSubtitle(samples), comparisonKeys(in))
		p := newPlot()
		p.X.Label.Text = "outage"
		p.X.Min, p.X.Max = 0, decadesEnd(in)
		p.X.Scale, p.X.Tick.Marker = decades{1}, decades{1}
		p.Y.Min, p.Y.Max = 0, float64(len(samples))
		p.Y.Tick.Marker = comparisonTicks(samples)
		p.Y.Tick.Length = 0
		p.Add(plotterFunc(func(c draw.Canvas, p *plot.Plot) { drawComparison(c, p, samples) }))
		c.Max.X -= comparisonColumn(samples)
		c.Max.Y -= markHeight
		p.Draw(c)
	}}
}

// comparedOf returns the cells with what is said of each.
func comparedOf(in Input) []sample {
	samples := samplesOf(in.Trials)
	for i, s := range samples {
		samples[i].unclear = slices.Contains(in.Unclear, s.name)
	}
	return samples
}

// fast says whether every outage was below one second.
func (s sample) fast() bool { return s.sum.N > 0 && s.sum.Max < SubSecond && !s.unclear }

// comparisonColumn returns the width of the results right of the plot.
func comparisonColumn(samples []sample) vg.Length {
	width := vg.Length(136)
	for _, s := range samples {
		width = max(width, writing(smallSize, ink).Width(comparedText(s)))
	}
	return comparisonGap + verdictWidth + width
}

const (
	comparisonGap = 10 // between the plot and the results
	verdictWidth  = 30
)

// comparisonTitle answers the question that is behind a comparison.
func comparisonTitle(in Input, samples []sample) string {
	fast, judged := 0, 0
	for _, s := range samples {
		if s.sum.N == 0 {
			continue
		}
		judged++
		if s.fast() {
			fast++
		}
	}
	of := fmt.Sprint(judged)
	if judged < len(samples) {
		of += fmt.Sprintf(" cells judged (of %d)", len(samples))
	}
	return fmt.Sprintf("%s: %d of %s keep every outage below one second", in.Scenario, fast, of)
}

func comparisonSubtitle(samples []sample) string {
	grey := slices.ContainsFunc(samples, func(s sample) bool { return s.fast() && Vague(s.sum.N) })
	until := "the failure is detected"
	switch {
	case slices.ContainsFunc(samples, sample.takenOver):
		until = "detection or takeover"
	case grey:
		until = "detection"
	}
	text := "a row for each cell, a dot for each trial; theory states the time until " + until + ", dots the time without service"
	if grey {
		text += "; grey yes: few trials"
	}
	return text
}

// takenOver says whether theory knows how long who takes over waits.
func (s sample) takenOver() bool {
	return slices.ContainsFunc(s.trials, func(t Trial) bool { return t.Takeover != nil })
}

func comparisonKeys(in Input) []key {
	keys := []key{{label: "trial", glyph: &dot}}
	doubtful, open := false, false
	for _, t := range in.Trials {
		doubtful = doubtful || t.Inconclusive
		open = open || t.Failover.Broken.Outage.Open
	}
	if doubtful {
		keys = append(keys, key{label: "inconclusive", glyph: &hollow})
	}
	if open {
		keys = append(keys, openKey)
	}
	keys = append(keys, key{label: "median", line: &medianLine})
	if theoryOf(in.Trials) != nil {
		keys = append(keys, key{label: "theory", fill: faint(purple, theoryOpacity), line: &theoryEdge})
	}
	return keys
}

// decadesEnd returns where the axis ends: beyond all values and bounds, and
// beyond the second.
func decadesEnd(in Input) float64 { return max(1.5*outageEnd(in), 3*SubSecond) }

func comparisonTicks(samples []sample) plot.ConstantTicks {
	ticks := plot.ConstantTicks{}
	for i, s := range samples {
		ticks = append(ticks, plot.Tick{Value: float64(len(samples)-i) - 0.5, Label: s.name})
	}
	return ticks
}

func drawComparison(c draw.Canvas, p *plot.Plot, samples []sample) {
	for i := range samples {
		if i%2 == 1 {
			y := float64(len(samples) - 1 - i)
			fill(c, p, faint(grid, 0.35), p.X.Min, y, p.X.Max, y+1)
		}
	}
	verticals(c, p)
	for i, s := range samples {
		drawCompared(c, p, s, float64(len(samples)-1-i))
	}
	x := at(c, p, SubSecond, 0).X
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.6}, x, c.Min.Y, x, c.Max.Y+3)
	style := bold(smallSize, ink)
	c.FillText(style, vg.Point{X: x - style.Width("one second")/2, Y: c.Max.Y + 4}, "one second")
	c.FillText(writing(smallSize, muted), vg.Point{X: c.Max.X + comparisonGap, Y: c.Max.Y + 4}, "below it?  median, worst, trials")
}

// drawCompared draws one cell, and its result right of the plot.
func drawCompared(c draw.Canvas, p *plot.Plot, s sample, y float64) {
	if b := theoryOf(s.trials); b != nil {
		drawTheory(c, p, *b, y+0.12, y+0.88)
	}
	if stats.Finite(s.sum.Median) {
		c.StrokeLines(medianLine, []vg.Point{at(c, p, s.sum.Median, y+0.12), at(c, p, s.sum.Median, y+0.88)})
	}
	for i, t := range s.trials {
		drawTrial(c, p, t, y+0.5+scatter(i))
	}
	col := vermillion
	verdict, text := "no", comparedText(s)
	switch {
	case s.sum.N == 0, s.unclear:
		verdict, col = "?", muted
	case s.fast() && Vague(s.sum.N):
		verdict, col = "yes", muted
	case s.fast():
		verdict, col = "yes", green
	}
	where := vg.Point{X: c.Max.X + comparisonGap, Y: at(c, p, 0, y+0.5).Y - 4}
	c.FillText(bold(textSize, col), where, verdict)
	c.FillText(writing(smallSize, ink), where.Add(vg.Point{X: verdictWidth}), text)
}

func comparedText(s sample) string {
	switch {
	case s.sum.N == 0:
		return "no conclusive trial"
	case s.sum.Max == 0:
		return fmt.Sprintf("no outage, n = %d", s.sum.N)
	case s.sum.Min > math.MaxFloat64:
		return fmt.Sprintf("%s, n = %d", words.NotRestored, s.sum.N)
	}
	return fmt.Sprintf("%s, %s, n = %d", words.Milliseconds(s.sum.Median), words.Milliseconds(s.sum.Max), s.sum.N)
}

// decades is a logarithmic scale of milliseconds, linear below unit, whose
// powers of ten are labelled as times.
type decades struct{ unit float64 }

// Normalize implements plot.Normalizer.
func (d decades) Normalize(lo, hi, x float64) float64 { return wideScale(d).Normalize(lo, hi, x) }

// Ticks implements plot.Ticker.
func (d decades) Ticks(lo, hi float64) []plot.Tick {
	ticks := wideScale(d).Ticks(lo, hi)
	for i, t := range ticks {
		switch {
		case t.Label == "" || t.Value == 0:
		case t.Value >= 1000:
			ticks[i].Label = number(t.Value/1000) + " s"
		default:
			ticks[i].Label = number(t.Value) + " ms"
		}
	}
	return ticks
}
