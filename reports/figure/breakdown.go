package figure

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// stageColors are those of words.Stages.
var stageColors = map[timeline.StageName]color.NRGBA{
	timeline.Detect:    vermillion,
	timeline.Withdraw:  orange,
	timeline.Announce:  orange, // instead of a withdrawal, where a site appears
	timeline.Receive:   yellow,
	timeline.Propagate: blue,
	timeline.Install:   sky,
	timeline.Return:    purple,
	timeline.Restore:   green,
}

// maxBars is how many bars one figure can carry.
const maxBars = 40

// breakdown draws how long each stage of each trial took.
func breakdown(in Input) picture {
	trials := pick(in.Trials, maxBars)
	height := 1.9*vg.Inch + vg.Length(max(len(trials), 4))*17
	return picture{"breakdown", height, func(c draw.Canvas) {
		c = header(c, breakdownTitle(in), breakdownSubtitle(in, trials), breakdownKeys(in.Trials, trials))
		p := newPlot()
		p.X.Label.Text = "ms since the fault"
		p.X.Min, p.X.Max = 0, barsEnd(trials)
		p.Y.Min, p.Y.Max = 0, float64(len(trials))
		p.X.Tick.Marker = linearTicks{8}
		p.Y.Tick.Marker = trialTicks(trials)
		p.Y.Tick.Length = 0
		p.X.Max = roomForTexts(p.X.Max, p.DataCanvas(c).Size().X, trials)
		p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) { drawBars(c, p, trials) }))
		p.Draw(c)
	}}
}

// pick returns at most n trials: all, or of each cell an equal share, evenly
// spread over its ranks by outage, so that the extremes are among them.
func pick(trials []Trial, n int) []Trial {
	if len(trials) <= n {
		return trials
	}
	names, of := cells(trials)
	share := max(n/len(names), 1)
	var picked []Trial
	for _, name := range names {
		ranked := slices.Clone(of[name])
		slices.SortStableFunc(ranked, func(a, b Trial) int {
			return cmp.Compare(a.Failover.Broken.Outage.Milliseconds(), b.Failover.Broken.Outage.Milliseconds())
		})
		for i := range min(share, len(ranked)) {
			picked = append(picked, ranked[i*(len(ranked)-1)/max(share-1, 1)])
		}
	}
	return picked
}

// breakdownTitle says which stage took the most, in every cell.
func breakdownTitle(in Input) string {
	names, of := cells(in.Trials)
	most, low, high := map[timeline.StageName]bool{}, 1.0, 0.0
	for _, name := range names {
		if stage, share := largest(medianSegments(of[name])); stage != "" {
			most[stage], low, high = true, min(low, share), max(high, share)
		}
	}
	switch len(most) {
	case 0:
		if !slices.ContainsFunc(in.Trials, conclusive) {
			return in.Scenario + ": no conclusive trial"
		}
		return in.Scenario + ": no stage of a failover was seen"
	case 1:
		for stage := range most {
			return fmt.Sprintf("%s: %s takes %s of the failover (medians)", in.Scenario, words.Noun(stage), percent(low, high))
		}
	}
	return in.Scenario + ": which stage takes the longest differs by cell"
}

func conclusive(t Trial) bool { return !t.Inconclusive }

// largest returns the stage with the largest median, and its share of all.
func largest(medians map[timeline.StageName]float64) (most timeline.StageName, share float64) {
	total := 0.0
	for _, s := range words.Stages {
		total += medians[s]
		if medians[s] > medians[most] {
			most = s
		}
	}
	return most, medians[most] / total
}

// percent writes a range of shares.
func percent(low, high float64) string {
	if a, b := fmt.Sprintf("%.0f", 100*low), fmt.Sprintf("%.0f", 100*high); a != b {
		return a + "–" + b + " %"
	}
	return words.Share(low)
}

func breakdownSubtitle(in Input, shown []Trial) string {
	parts := []string{"each bar is one trial, split at the stages that were seen"}
	if names, _ := cells(in.Trials); len(names) == 1 && slices.ContainsFunc(in.Trials, conclusive) {
		parts[0] += "; the legend gives their medians"
	}
	if len(shown) < len(in.Trials) {
		parts = append(parts, words.Of(len(shown), len(in.Trials), "trial")+", evenly spread over the ranks")
	}
	return strings.Join(parts, "  ·  ")
}

// medianSegments returns the median duration of each stage over the
// conclusive trials in which it was seen.
func medianSegments(trials []Trial) map[timeline.StageName]float64 {
	values := map[timeline.StageName][]float64{}
	for _, t := range trials {
		if t.Inconclusive {
			continue
		}
		for _, s := range segments(t.Failover.Broken) {
			values[s.stage] = append(values[s.stage], s.to-s.from)
		}
	}
	medians := map[timeline.StageName]float64{}
	for s, v := range values {
		medians[s] = stats.Summarise(v, 0).Median
	}
	return medians
}

// breakdownKeys has every stage that is drawn. One that only inconclusive
// trials have is faint, as it is there, and has no median.
func breakdownKeys(trials, shown []Trial) []key {
	medians := medianSegments(trials)
	names, _ := cells(trials)
	drawn := map[timeline.StageName]bool{}
	for _, t := range shown {
		for _, s := range segments(t.Failover.Broken) {
			drawn[s.stage] = true
		}
	}
	var keys []key
	for _, s := range words.Stages {
		ms, ok := medians[s]
		switch {
		case ok && len(names) == 1:
			keys = append(keys, key{label: words.Noun(s) + " " + words.Milliseconds(ms), fill: stageColors[s]})
		case ok:
			keys = append(keys, key{label: words.Noun(s), fill: stageColors[s]})
		case drawn[s]:
			keys = append(keys, key{label: words.Noun(s), fill: faint(stageColors[s], doubtfulOpacity)})
		}
	}
	keys = append(keys, key{label: "outage seen by probes", glyph: &outageGlyph})
	if theoryOf(trials) != nil {
		keys = append(keys, key{label: "theory", fill: faint(purple, theoryOpacity), line: &theoryEdge})
	}
	return keys
}

// doubtfulOpacity is that of an inconclusive trial's bar.
const doubtfulOpacity = 0.35

const theoryOpacity = 0.28

var (
	theoryEdge  = draw.LineStyle{Color: purple, Width: 1.2, Dashes: []vg.Length{4, 3}}
	outageGlyph = draw.GlyphStyle{Color: ink, Radius: 4, Shape: draw.PyramidGlyph{}}
)

// barsEnd is a bit beyond the longest bar. Trials that
// were not restored don't stretch the axis for the others: they run over it.
func barsEnd(trials []Trial) float64 {
	end, limit := 0.0, 0.0
	for _, t := range trials {
		if t.Failover.Broken.Outage.Open {
			limit = max(limit, millis(t.Failover.Broken.Outage.Value))
			continue
		}
		end = max(end, barEnd(t))
		if b := t.whole(); b != nil && stats.Finite(b.High) {
			end = max(end, b.High)
		}
	}
	if end == 0 {
		end = max(limit, 1)
	}
	return 1.16 * end
}

// roomForTexts returns where an axis of the width ends that has room for each
// trial's text behind its bar, and is at least as long as end.
func roomForTexts(end float64, width vg.Length, trials []Trial) float64 {
	style, most := writing(smallSize, muted), end
	for _, t := range trials {
		left := max(width-style.Width(barText(t))-2*textGap, width/4)
		most = max(most, textStart(t)*float64(width/left))
	}
	return most
}

// textGap is what is kept free before and behind the text of a bar.
const textGap = 8

// textStart returns where a trial's text starts, in ms: behind its bar, or in
// the bar that runs over the end of the axis.
func textStart(t Trial) float64 {
	if !t.Failover.Broken.Outage.Open {
		return barEnd(t)
	}
	end := 0.0
	for _, s := range segments(t.Failover.Broken) {
		end = s.to
	}
	return end
}

// barEnd returns where a trial's bar ends, in ms.
func barEnd(t Trial) float64 {
	end := 0.0
	if w := t.Failover.Broken.Outage; w.Value > 0 {
		end = max(millis(w.High), millis(w.Value))
	}
	for _, s := range segments(t.Failover.Broken) {
		end = max(end, s.to)
	}
	return end
}

func trialTicks(trials []Trial) plot.ConstantTicks {
	names, _ := cells(trials)
	ticks := plot.ConstantTicks{}
	for i, t := range trials {
		label := fmt.Sprintf("trial %d", t.Failover.Index+1)
		if len(names) > 1 {
			label = fmt.Sprintf("%s  #%d", record.CellName(t.Failover.Cell), t.Failover.Index+1)
		}
		ticks = append(ticks, plot.Tick{Value: float64(len(trials)-i) - 0.5, Label: label})
	}
	return ticks
}

// verticals draws the grid lines of the x axis.
func verticals(c draw.Canvas, p *plot.Plot) {
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if x := at(c, p, t.Value, 0).X; !t.IsMinor() && c.ContainsX(x) {
			c.StrokeLine2(draw.LineStyle{Color: grid, Width: 0.8}, x, c.Min.Y, x, c.Max.Y)
		}
	}
}

func drawBars(c draw.Canvas, p *plot.Plot, trials []Trial) {
	for i, t := range trials {
		y := float64(len(trials) - 1 - i)
		if b := t.whole(); b != nil {
			drawTheory(c, p, *b, y, y+1)
		}
	}
	for i, t := range trials {
		drawBar(c, p, t, float64(len(trials)-1-i))
	}
}

// drawTheory paints the band between a theory's bounds over one row.
func drawTheory(c draw.Canvas, p *plot.Plot, b record.Bounds, y0, y1 float64) {
	fill(c, p, faint(purple, theoryOpacity), b.Low, y0, b.High, y1)
	for _, x := range []float64{b.Low, b.High} {
		if x >= p.X.Min && x <= p.X.Max {
			c.StrokeLines(theoryEdge, []vg.Point{at(c, p, x, y0), at(c, p, x, y1)})
		}
	}
}

func drawBar(c draw.Canvas, p *plot.Plot, t Trial, y float64) {
	opacity := 1.0
	if t.Inconclusive {
		opacity = doubtfulOpacity
	}
	for _, s := range segments(t.Failover.Broken) {
		fill(c, p, faint(stageColors[s.stage], opacity), s.from, y+0.2, s.to, y+0.8)
	}
	style, w := writing(smallSize, muted), t.Failover.Broken.Outage
	switch {
	case w.Open:
		style.Color = paper
		fill(c, p, dark, textStart(t), y+0.2, p.X.Max, y+0.8)
	case w.Value > 0:
		drawMeasured(c, p, w, y)
	}
	c.FillText(style, vg.Point{X: at(c, p, textStart(t), 0).X + textGap, Y: at(c, p, 0, y+0.5).Y - 4}, barText(t))
}

// barText is the outage, which stands behind a bar.
func barText(t Trial) string {
	w, text := t.Failover.Broken.Outage, "no outage"
	switch {
	case w.Open:
		text = words.Unbounded(millis(w.Value), t.Failover.Broken.EndedBy)
	case w.Value > 0:
		text = words.Duration(w.Value)
	}
	if t.Inconclusive {
		text += " (inconclusive)"
	}
	return text
}

// drawMeasured marks the outage that the probes saw, with its uncertainty.
func drawMeasured(c draw.Canvas, p *plot.Plot, w timeline.Interval, y float64) {
	low, high := at(c, p, millis(w.Low), y+0.5), at(c, p, min(millis(w.High), p.X.Max), y+0.5)
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.2}, low.X, low.Y, high.X, high.Y)
	c.DrawGlyph(outageGlyph, at(c, p, millis(w.Value), y+0.5))
}
