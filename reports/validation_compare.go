package reports

import (
	"maps"
	"slices"

	"anylab/lab/record"
	"anylab/reports/stats"
)

// answers are those of a validation's failures, by their names; nil of any other
// run. What was not tried has none.
func (res Result) answers() map[string]stats.Answer {
	if res.Validation == nil {
		return nil
	}
	list := map[string]stats.Answer{}
	for _, f := range res.Validation.Failures {
		if f.Answer != "" {
			list[f.Failure] = f.Answer
		}
	}
	return list
}

// decided are the samples without the cells about which answers say all there is
// to say: of a failure that is refuted, in this run or in the other one, and of one
// that the other did not try.
func (s Samples) decided(other Samples) Samples {
	if s.Answers == nil || other.Answers == nil {
		return s
	}
	s.Cells = slices.DeleteFunc(slices.Clone(s.Cells), func(c Cell) bool {
		name := record.CellName(c.Cell)
		return !counts(s.Answers[name]) || !counts(other.Answers[name])
	})
	return s
}

// counts says whether the trials of such a failure are compared.
func counts(a stats.Answer) bool { return a == stats.Proven || a == stats.Undecided }

// answered judges the answers of two validations: what is refuted is a regression,
// and of what was proven and is undecided, or not tried any more, it can't be told.
func (c *Changes) answered(base, head Samples) {
	if base.Answers == nil || head.Answers == nil {
		return
	}
	refuted, lost := false, false
	for _, name := range slices.Sorted(maps.Keys(head.Answers)) {
		before, now := base.Answers[name], head.Answers[name]
		switch {
		case now == stats.Refuted && before == stats.Refuted:
			refuted = true
			c.note("%s: refuted, as it was in base", name)
		case now == stats.Refuted:
			refuted = true
			c.note("%s: refuted", name)
		case now == stats.Undecided && before == stats.Proven:
			lost = true
			c.note("%s: proven in base, undecided in head", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(base.Answers)) {
		if _, ok := head.Answers[name]; !ok {
			lost = true
			c.note("%s: tried in base, and not in head", name)
		}
	}
	switch {
	case refuted:
		c.Verdict = Regression
	case lost && c.Verdict != Regression:
		c.Verdict = Unknown
	}
}
