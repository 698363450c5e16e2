package figure

import (
	"cmp"
	"math"
	"slices"

	"anylab/reports/timeline"
	"anylab/reports/words"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// markHeight is the height of one level of labels over a panel.
const markHeight = 14

// mark is a labelled moment on the time axis.
type mark struct {
	at    float64 // ms after time zero
	label string
}

func (m mark) width() vg.Length { return writing(smallSize, ink).Width(m.label) }

// marks returns the panel's moments in order of time: the change itself, its
// stages and, if it lies in the same panel, the healing.
func (n panel) marks() []mark {
	var list []mark
	switch {
	case n.fault.to > 0:
		list = append(list, mark{0, "fault"})
	case n.fault.from < 0:
		list = append(list, mark{0, n.mended()})
	}
	for _, s := range n.episode.Stages {
		if s.Name != timeline.Inject && s.Name != timeline.Heal {
			ms := millis(s.At.Sub(n.episode.Zero))
			list = append(list, mark{ms, string(s.Name) + " " + words.Milliseconds(ms)})
		}
	}
	if n.fault.to > 0 && n.fault.to <= n.end && !math.IsInf(n.fault.to, 0) {
		list = append(list, mark{n.fault.to, n.mended() + " " + words.Milliseconds(n.fault.to)})
	}
	slices.SortStableFunc(list, func(a, b mark) int { return cmp.Compare(a.at, b.at) })
	return list
}

// stagger gives each mark a level, 0 being the lowest. Labels stand right of
// their lines and step down from left to right, so that no line, which rises
// up to its label, crosses another label. A label that is clear of all before
// it starts again at the top.
func stagger(marks []mark, w span, width vg.Length) []int {
	scale := float64(width) / (w.to - w.from)
	var steps []int
	deepest, free := 0, math.Inf(-1)
	for _, m := range marks {
		x := m.at * scale
		step := 0
		if x < free {
			step = steps[len(steps)-1] + 1
		}
		steps = append(steps, step)
		deepest = max(deepest, step)
		free = max(free, x+float64(m.width())+10)
	}
	for i := range steps {
		steps[i] = deepest - steps[i]
	}
	return steps
}

// depth returns how many levels there are.
func depth(levels []int) int {
	n := 0
	for _, l := range levels {
		n = max(n, l+1)
	}
	return n
}

// drawMarks draws the lines across the panel and the labels over it.
func drawMarks(c draw.Canvas, p *plot.Plot, marks []mark, levels []int) {
	style := writing(smallSize, ink)
	for i, m := range marks {
		x := at(c, p, m.at, 0).X
		base := c.Max.Y + faultHeight + vg.Length(levels[i])*markHeight
		// A light edge keeps the line visible on dark bands.
		c.StrokeLine2(draw.LineStyle{Color: faint(paper, 0.7), Width: 2.6}, x, c.Min.Y, x, c.Max.Y)
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1}, x, c.Min.Y, x, base+markHeight-3)
		c.FillText(style, vg.Point{X: x + 4, Y: base + 2}, m.label)
	}
}
