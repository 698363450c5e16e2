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

// History is one metric over several runs of a scenario, in milliseconds.
type History struct {
	Scenario string
	Metric   string
	Series   []Series // one for each cell, with something in at least one of its points
	Least    int      // runs that it takes for a change to show; those that are doubtful don't count
}

// Series is one cell's history.
type Series struct {
	Cell    string // empty without a matrix
	Points  []Point
	Changes []Change
}

// Point is one run. Its numbers may be infinite.
type Point struct {
	Label     string // of the axis
	Median    float64
	Low, High float64 // confidence interval of the median
	Doubtful  bool    // drawn hollow; no change is looked for in it
}

// Change is a point with which the level changed.
type Change struct {
	At    int // index of the first point after the change
	Label string
}

// SaveTrend draws the history into dir, as SVG and as PNG, and returns the
// files' names.
func SaveTrend(dir string, h History) ([]string, error) {
	if len(h.Series) == 0 {
		return nil, nil
	}
	return save(dir, []picture{trend(h)})
}

const trendHeight = 2.6 * vg.Inch

func trend(h History) picture {
	height := 0.9*vg.Inch + trendHeight*vg.Length(len(h.Series))
	return picture{"trend", height, func(c draw.Canvas) {
		c = header(c, trendTitle(h), "each dot is one run: its median and the 95 % confidence interval", trendKeys(h))
		rows := c.Size().Y / vg.Length(len(h.Series))
		for i, s := range h.Series {
			row := draw.Crop(c, 0, 0, 0, 0)
			row.Max.Y = c.Max.Y - vg.Length(i)*rows
			row.Min.Y = row.Max.Y - rows
			if s.Cell != "" {
				row = line(row, textSize, s.Cell, true)
			}
			drawSeries(row, s, h.Metric)
		}
	}}
}

func trendTitle(h History) string {
	changes, most := 0, 0
	for _, s := range h.Series {
		changes, most = changes+len(s.Changes), max(most, s.counted())
	}
	title := fmt.Sprintf("%s: %s over %s, ", h.Scenario, h.Metric, words.Count(len(h.Series[0].Points), "run"))
	switch {
	case changes == 0 && most < h.Least:
		return title + "too few for a change to show"
	case changes == 0:
		return title + "no change"
	case changes == 1:
		return title + "one change"
	}
	return title + fmt.Sprintf("%d changes", changes)
}

// counted is in how many points a change is looked for.
func (s Series) counted() int {
	n := 0
	for _, p := range s.Points {
		if !p.Doubtful {
			n++
		}
	}
	return n
}

func trendKeys(h History) []key {
	var keys []key
	counted, doubtful, changed, censored := false, false, false, false
	for _, s := range h.Series {
		changed = changed || len(s.Changes) > 0
		counted = counted || s.counted() > 0
		for _, p := range s.Points {
			doubtful = doubtful || p.Doubtful && stats.Finite(p.Median)
			censored = censored || math.IsInf(p.Median, 1)
		}
	}
	if counted {
		keys = append(keys, key{label: "run", glyph: &dot}, key{label: "level between changes", line: &levelLine})
	}
	if censored {
		keys = append(keys, key{label: "mostly not restored", glyph: &censoredGlyph})
	}
	if doubtful {
		keys = append(keys, key{label: "too few conclusive trials", glyph: &hollow})
	}
	if changed {
		keys = append(keys, key{label: "change", line: &changeLine})
	}
	return keys
}

var (
	levelLine  = draw.LineStyle{Color: faint(blue, 0.5), Width: 3}
	changeLine = draw.LineStyle{Color: vermillion, Width: 1.6}
	errorLine  = draw.LineStyle{Color: faint(blue, 0.6), Width: 1.2}
)

func drawSeries(c draw.Canvas, s Series, metric string) {
	p := newPlot()
	p.Y.Label.Text = metric + ", ms"
	p.X.Min, p.X.Max = -0.6, float64(len(s.Points))-0.4
	p.Y.Min, p.Y.Max = 0, s.top()
	p.Y.Tick.Marker = linearTicks{5}
	p.X.Tick.Marker = runTicks(s.Points, c.Size().X)
	p.Add(plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		s.drawLevels(c, p)
		for i, pt := range s.Points {
			pt.draw(c, p, float64(i))
		}
		s.drawChanges(c, p)
	}))
	c.Max.Y -= markHeight * vg.Length(min(2, len(s.Changes)))
	p.Draw(c)
}

// top is above every finite median, and above every finite interval unless one
// of them dwarfs all medians.
func (s Series) top() float64 {
	most, high := 1.0, 1.0
	for _, p := range s.Points {
		if stats.Finite(p.Median) {
			most = max(most, p.Median)
		}
		if stats.Finite(p.High) {
			high = max(high, p.High)
		}
	}
	return 1.08 * min(max(high, most), 2*most)
}

// runTicks labels as many runs as have room.
func runTicks(points []Point, width vg.Length) plot.ConstantTicks {
	widest := vg.Length(1)
	for _, p := range points {
		widest = max(widest, writing(smallSize, ink).Width(p.Label)+12)
	}
	step := max(1, int(math.Ceil(float64(len(points))*float64(widest)/float64(0.85*width))))
	ticks := plot.ConstantTicks{}
	for i, p := range points {
		t := plot.Tick{Value: float64(i)}
		if i%step == 0 {
			t.Label = p.Label
		}
		ticks = append(ticks, t)
	}
	return ticks
}

func (pt Point) draw(c draw.Canvas, p *plot.Plot, x float64) {
	style, y := dot, pt.Median
	if pt.Doubtful {
		style = hollow
	}
	if math.IsNaN(y) {
		return // nothing was seen
	}
	if math.IsInf(y, 1) {
		y, style = 0.95*p.Y.Max, censoredGlyph
	}
	if stats.Finite(pt.Low) && stats.Finite(pt.High) {
		low, high := max(pt.Low, p.Y.Min), min(pt.High, p.Y.Max)
		c.StrokeLines(errorLine, []vg.Point{at(c, p, x, low), at(c, p, x, high)})
	}
	c.DrawGlyph(style, at(c, p, x, y))
}

// drawLevels draws the median of the runs between two changes.
func (s Series) drawLevels(c draw.Canvas, p *plot.Plot) {
	from := 0
	for i := range len(s.Changes) + 1 {
		to := len(s.Points)
		if i < len(s.Changes) {
			to = s.Changes[i].At
		}
		var values []float64
		for _, pt := range s.Points[from:to] {
			if !pt.Doubtful && stats.Finite(pt.Median) {
				values = append(values, pt.Median)
			}
		}
		if level := stats.Summarise(values, 0).Median; stats.Finite(level) {
			c.StrokeLines(levelLine, []vg.Point{at(c, p, float64(from)-0.4, level), at(c, p, float64(to)-0.6, level)})
		}
		from = to
	}
}

// drawChanges marks the changes; labels alternate between two levels over the
// panel, and stay inside of it.
func (s Series) drawChanges(c draw.Canvas, p *plot.Plot) {
	style := writing(smallSize, ink)
	for i, change := range s.Changes {
		x := at(c, p, float64(change.At)-0.5, 0).X
		y := c.Max.Y + vg.Length(i%2)*markHeight
		c.StrokeLine2(changeLine, x, c.Min.Y, x, y+2)
		left := min(x+4, c.Max.X-style.Width(change.Label))
		c.FillText(style, vg.Point{X: left, Y: y + 3}, change.Label)
	}
}
