package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Chart shows what happened during a window of time, in lanes below each other.
type Chart struct {
	Title    string
	Axis     string   // what its times are, "ms since the fault"
	From, To float64  // on the axis
	Colours  []string // what the shades of stretches mean, the first being 0
	Lanes    []Lane
}

// Lane is one kind of thing that happened, or one part of it.
type Lane struct {
	Name      string
	Says      string // the same in words, for whoever doesn't see it
	Stretches []Stretch
	Moments   []Moment
}

// Stretch is a part of a lane that is filled.
type Stretch struct {
	From, To    float64
	Top, Bottom float64 // as parts of the lane's height, 0 to 1
	Shade       int     // an index of the chart's Colours, or one of those below
}

// Shades with a meaning of their own.
const (
	Missing = -1 - iota // something that should be there isn't
	Broken              // something is out of order meanwhile
)

// Moment is one thing that was seen.
type Moment struct {
	At   float64
	When string // the same in words
	Says string
}

// fineness is how finely a lane is drawn.
const fineness = 600

// part is where a time stands, as a part of the whole window.
func (c Chart) part(at float64) float64 {
	if c.To <= c.From {
		return 0
	}
	return min(1, max(0, (at-c.From)/(c.To-c.From)))
}

// Percent is how far from the left a time stands.
func (c Chart) Percent(at float64) string { return fmt.Sprintf("%.2f%%", 100*c.part(at)) }

// Late says whether a time stands at the right, where there is no room for words.
func (c Chart) Late(at float64) bool { return c.part(at) > 0.6 }

// Outline is that of everything in one shade.
type Outline struct {
	Shade int
	D     string
}

// Paths are a lane's stretches, those of a shade together: a lane of hundreds of
// requests takes few bytes. What is missing is never too short to be seen, and on top.
func (c Chart) Paths(l Lane) []Outline {
	var list []Outline
	for _, shade := range shades(l) {
		var d strings.Builder
		var last [4]int // left, right, top, bottom
		draw := func() {
			if width := last[1] - last[0]; width > 0 {
				fmt.Fprintf(&d, "M%d %dh%dv%dh%dz", last[0], last[2], width, last[3]-last[2], -width)
			}
		}
		for _, s := range l.Stretches {
			if s.Shade != shade || s.From >= c.To || s.To <= c.From {
				continue
			}
			next := [4]int{c.column(s.From), c.column(s.To), int(100*s.Top + 0.5), int(100*s.Bottom + 0.5)}
			if shade == Missing {
				next[1] = max(next[1], next[0]+1)
			}
			if next[0] <= last[1] && next[2] == last[2] && next[3] == last[3] && next[0] >= last[0] {
				last[1] = max(last[1], next[1])
				continue
			}
			draw()
			last = next
		}
		if draw(); d.Len() > 0 {
			list = append(list, Outline{shade, d.String()})
		}
	}
	return list
}

func (c Chart) column(at float64) int { return int(c.part(at)*fineness + 0.5) }

// shades are those of a lane, what is missing last.
func shades(l Lane) []int {
	var list []int
	for _, s := range l.Stretches {
		list = append(list, s.Shade)
	}
	slices.Sort(list)
	slices.Reverse(list)
	return slices.Compact(list)
}

// Ticks are times to be written below the lanes: steps of 1, 2 or 5 times a power
// of ten, so that there is room for each on a phone.
func (c Chart) Ticks() []float64 {
	step := 1e-3
	for i := 0; (c.To-c.From)/step > 6; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	var list []float64
	for n := math.Ceil(c.From / step); c.part(n*step) < 0.97; n++ { // there it would stand beyond the edge
		list = append(list, n*step+0) // no "-0"
	}
	return list
}

// Seen is a moment with its lane.
type Seen struct {
	ID   string // unlike that of any other in the chart
	Lane string
	Moment
}

// Seen lists all moments, in order of time.
func (c Chart) Seen() []Seen {
	var list []Seen
	for i, l := range c.Lanes {
		for k, m := range l.Moments {
			list = append(list, Seen{fmt.Sprintf("%d-%d", i, k), l.Name, m})
		}
	}
	slices.SortStableFunc(list, func(a, b Seen) int { return cmp.Compare(a.At, b.At) })
	return list
}

func (c Chart) visible() Chart {
	c.Title, c.Axis, c.Colours = Line(c.Title), Line(c.Axis), each(c.Colours, Line)
	c.Lanes = each(c.Lanes, func(l Lane) Lane {
		l.Name, l.Says = Line(l.Name), Line(l.Says)
		l.Moments = each(l.Moments, func(m Moment) Moment { m.When, m.Says = Line(m.When), Line(m.Says); return m })
		return l
	})
	return c
}
