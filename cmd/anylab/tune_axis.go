package main

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"anylab/topologies/document"
)

// axis is a setting that may be chosen: times in nanoseconds, or whole numbers.
type axis struct {
	key       string
	low, high float64
	time      bool
	idle      bool // the goal's metric does not depend on it: it stays at its high end
}

// newAxis reads KEY=LOW..HIGH.
func newAxis(text string) (axis, error) {
	refuse := func(format string, args ...any) (axis, error) {
		return axis{}, document.Flagged("--vary", text).Errorf("", format, args...)
	}
	key, span, ok := strings.Cut(text, "=")
	low, high, both := strings.Cut(span, "..")
	if !ok || !both || key == "" {
		return refuse("%q is not of the form KEY=LOW..HIGH, as bfd.interval=10ms..300ms is", text)
	}
	a := axis{key: key}
	for _, end := range []struct {
		text string
		to   *float64
	}{{low, &a.low}, {high, &a.high}} {
		if n, err := strconv.ParseUint(end.text, 10, 31); err == nil && !a.time {
			*end.to = float64(n)
			continue
		}
		d, err := document.ParseDuration(end.text)
		if err != nil {
			return refuse("%v, or both ends are whole numbers", err)
		}
		if *end.to = float64(d); end.to == &a.high && !a.time {
			return refuse("%s is a number and %s a time: both ends are alike, as in bfd.interval=10ms..300ms or bfd.multiplier=3..5", low, high)
		}
		a.time = true
	}
	switch {
	case a.low <= 0:
		return refuse("%s begins at %s: a range begins above zero", key, low)
	case a.low >= a.high:
		return refuse("%s ends at %s: a range ends above its beginning, %s", key, high, low)
	}
	return a, nil
}

// text is a value as --set takes it.
func (a axis) text(v float64) string {
	if !a.time {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return time.Duration(v).String()
}

func (a axis) set(v float64) string { return a.key + "=" + a.text(v) }

// round gives a value the digits that matter: two, of whole milliseconds, as daemons
// take them, or of microseconds below that.
func (a axis) round(v float64) float64 {
	unit := 1.0
	if a.time {
		unit = float64(time.Millisecond)
		if a.low < unit {
			unit = float64(time.Microsecond)
		}
	}
	digits := max(unit, math.Pow(10, math.Floor(math.Log10(v))-1))
	return min(max(math.Round(v/digits)*digits, a.low), a.high)
}

// grid are about n values with even ratios, both ends included.
func (a axis) grid(n int) []float64 {
	if a.idle {
		return []float64{a.high}
	}
	var list []float64
	for i := range n {
		list = append(list, a.round(a.low*math.Pow(a.high/a.low, float64(i)/float64(max(1, n-1)))))
	}
	return slices.Compact(list)
}

// between is the value halfway, by ratio; false if there is none.
func (a axis) between(v, w float64) (float64, bool) {
	m := a.round(math.Sqrt(v * w))
	return m, m != v && m != w
}

// ease is how far up its range a value is: the slower a timer, the more time it leaves.
func (a axis) ease(v float64) float64 { return math.Log(v/a.low) / math.Log(a.high/a.low) }
