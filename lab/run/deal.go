package run

import (
	"cmp"
	"slices"
	"time"

	"anylab/lab/record"
)

// fewTrials is about how many a failure takes that theory has refuted.
const fewTrials = 2

// Deal leaves the plan the failures that one of several labs tries, the first being
// lab 0. Failures that are equal stay together, for one of them may stand for all.
// The labs are to end at about the same time.
func (p *Plan) Deal(lab, labs int) {
	group := func(f Failure) string {
		if p.Validation.All {
			return f.Label
		}
		return cmp.Or(f.same, f.Label)
	}
	rows, dealt, load := p.Expected(), map[string]int{}, make([]time.Duration, labs)
	takes := func(e Expected) time.Duration {
		if e.TooSlow() {
			return fewTrials * e.Each
		}
		return time.Duration(p.cells[0].Trials) * e.Each
	}
	slices.SortStableFunc(rows, func(a, b Expected) int { return cmp.Compare(takes(b), takes(a)) })
	for _, e := range rows {
		least := slices.Index(load, slices.Min(load))
		dealt[group(e.Failure)] = least
		load[least] += takes(e)
	}
	own := *p.Validation
	own.Failures = slices.DeleteFunc(slices.Clone(own.Failures), func(f Failure) bool { return dealt[group(f)] != lab })
	p.Validation = &own
	p.cells = slices.DeleteFunc(slices.Clone(p.cells), func(c cell) bool {
		return !slices.ContainsFunc(own.Failures, func(f Failure) bool { return f.Label == c.Cell[record.CellLabel] })
	})
}
