package reports

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"anylab/reports/words"
)

// end is one of the two between which the truth of every value lies.
type end int

const (
	lowEnd end = iota
	highEnd
)

// at returns the samples with all values at one end. What was not restored is so
// at both: how often nothing took over is compared as such.
func (s Samples) at(e end) Samples {
	s.Cells = slices.Clone(s.Cells)
	for i, c := range s.Cells {
		ends := c.Low
		if e == highEnd {
			ends = c.High
		}
		s.Cells[i].Values = maps.Clone(c.Values)
		for name, list := range ends {
			if len(list) == len(c.Values[name]) {
				s.Cells[i].Values[name] = restored(list, c.Values[name])
			}
		}
	}
	return s
}

// restored keeps the values that were not.
func restored(ends, values []Number) []Number {
	list := slices.Clone(ends)
	for i, v := range values {
		if math.IsInf(float64(v), 1) {
			list[i] = v
		}
	}
	return list
}

// certain says that no value lies between bounds.
func (s Samples) certain() bool {
	return !slices.ContainsFunc(s.Cells, func(c Cell) bool { return len(c.Low)+len(c.High) > 0 })
}

// bothEnds judges every row at the ends where a regression is the least likely,
// the base high and the head low, and where it is the most likely.
func (c *Changes) bothEnds(base, head Samples, again func(base, head end) Changes) {
	if base.certain() && head.certain() || len(c.Rows) == 0 {
		return
	}
	least, most := again(highEnd, lowEnd), again(lowEnd, highEnd)
	for i := range c.Rows {
		row := &c.Rows[i]
		l, m := least.like(*row), most.like(*row)
		if l == nil || m == nil {
			row.Verdict, row.Why = Unknown, "it can't be compared at both ends of its bounds"
			continue
		}
		row.Verdict, row.Why = row.between(*l, *m)
	}
	c.Verdict = c.overall()
}

// like finds the row of the same metric in the same cell.
func (c *Changes) like(row Change) *Change {
	at := slices.IndexFunc(c.Rows, func(r Change) bool { return r.Metric == row.Metric && maps.Equal(r.Cell, row.Cell) })
	if at < 0 {
		return nil
	}
	return &c.Rows[at]
}

// between decides on a row: it is a regression only if it is one at the ends
// where that is the least likely, and none only if there is none where it is the
// most likely.
func (row Change) between(least, most Change) (Direction, string) {
	switch {
	case row.Verdict == Unknown:
		return row.Verdict, row.Why
	case least.Verdict == Regression:
		return Regression, row.Why
	case most.Verdict == Unknown:
		return Unknown, most.Why
	case most.Verdict == Regression || row.Verdict == Regression:
		return Unknown, fmt.Sprintf("within the bounds of what was measured the shift may be anything from %s to %s; it would take a quieter machine", row.signed(least), row.signed(most))
	case row.Verdict == Improvement && most.Verdict != Improvement:
		return Same, fmt.Sprintf("an improvement, but within the bounds of what was measured the shift may be anything from %s to %s", row.signed(least), row.signed(most))
	}
	return row.Verdict, row.Why
}

// signed writes the shift of a row at some end of its bounds.
func (row Change) signed(at Change) string {
	if row.Unit != "ms" {
		return fmt.Sprintf("%+.3f", float64(at.Shift))
	}
	if at.Shift > 0 && !math.IsInf(float64(at.Shift), 1) {
		return "+" + words.Milliseconds(float64(at.Shift))
	}
	return words.Milliseconds(float64(at.Shift))
}
