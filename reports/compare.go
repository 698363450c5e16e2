package reports

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"anylab/reports/stats"
	"anylab/reports/words"
)

// Direction is what a comparison comes to.
type Direction string

// The verdicts of comparisons.
const (
	Regression  Direction = "regression"
	Improvement Direction = "improvement"
	Same        Direction = "~" // no significant difference, or one too small to matter
	Unknown     Direction = "can't tell"
)

// leastTrials is how many trials either side needs: with 3 + 3 no order of
// them is rare enough (2 of 20).
const leastTrials = 4

// rare is the share of its trials in which a metric must have been seen, on
// one side at least, to be compared.
const rare = 0.5

// changesSchema names the form of a comparison.
const changesSchema = "anylab.comparison/v1"

// Changes says how one run differs from another one.
type Changes struct {
	Schema  string    `json:"schema"`
	Base    RunInfo   `json:"base"`
	Head    RunInfo   `json:"head"`
	Rows    []Change  `json:"rows"`
	Notes   []string  `json:"notes"`
	Verdict Direction `json:"verdict"`

	reference string // of a comparison of ratios
	missing   bool   // a cell is in one of the runs only, or all of a run is in doubt
}

// Change is one metric in one cell.
type Change struct {
	Cell      map[string]string `json:"cell"`
	Metric    string            `json:"metric"`
	Unit      string            `json:"unit"` // ms, or ratio: a multiple of the reference cell's median
	Base      Side              `json:"base"`
	Head      Side              `json:"head"`
	P         Number            `json:"p"`
	PHolm     Number            `json:"p_holm"` // corrected for all rows of the comparison, step by step as Holm does
	Shift     Number            `json:"shift"`  // of the median, base to head
	CI95      [2]Number         `json:"shift_ci95"`
	Threshold Number            `json:"threshold"` // a smaller shift is no regression
	Verdict   Direction         `json:"verdict"`
	Why       string            `json:"why,omitempty"`

	least      float64   // the smallest P that was possible
	tried      bool      // it is one of the tests that the correction counts
	base, head []float64 // what was measured; nil for a ratio
	complete   bool      // in every trial, so that values of other metrics belong to these
}

// Side describes one of the two samples of a row.
type Side struct {
	N            int       `json:"n"`
	Censored     int       `json:"censored"`     // among N: longer than was waited
	Inconclusive int       `json:"inconclusive"` // left out
	Median       Number    `json:"median"`
	CI95         [2]Number `json:"ci95"`
}

// Compare compares every metric of every cell that both runs have. Of a cell
// that one of them lacks nothing can be told. It doesn't ask whether the runs
// may be compared: see Comparable. What lies between bounds is compared at both
// ends of them.
func Compare(base, head Samples, t Thresholds) Changes {
	b, h := base.decided(head), head.decided(base)
	c := compareOnce(b, h, t)
	c.bothEnds(b, h, func(from, to end) Changes { return compareOnce(b.at(from), h.at(to), t) })
	c.answered(base, head)
	return c
}

func compareOnce(base, head Samples, t Thresholds) Changes {
	c := Changes{Schema: changesSchema, Base: base.Run, Head: head.Run, Rows: []Change{}, Notes: []string{}}
	for _, b := range base.Cells {
		h, ok := head.cell(b.Cell)
		if !ok {
			continue
		}
		for _, m := range t.metrics(b) {
			if row, ok := c.compareMetric(b, h, m, t); ok {
				c.Rows = append(c.Rows, row)
			}
		}
	}
	c.lacking(base, head)
	c.conclude()
	return c
}

// lacking notes the cells that only one of the runs has, and why all of a run is
// in doubt: neither can be compared.
func (c *Changes) lacking(base, head Samples) {
	for _, side := range []struct {
		name       string
		has, lacks Samples
	}{{"base", base, head}, {"head", head, base}} {
		for _, doubt := range side.has.Doubts {
			c.missing = true
			c.note("%s can't be trusted: %s", side.name, doubt)
		}
		for _, cell := range side.has.Cells {
			if _, ok := side.lacks.cell(cell.Cell); !ok {
				c.missing = true
				c.note("%sonly in %s: it can't be compared", words.In(cell.Cell), side.name)
			}
		}
	}
}

func (c *Changes) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// cell finds the cell with these values of the matrix.
func (s Samples) cell(values map[string]string) (Cell, bool) {
	at := slices.IndexFunc(s.Cells, func(c Cell) bool { return maps.Equal(c.Cell, values) })
	if at < 0 {
		return Cell{}, false
	}
	return s.Cells[at], true
}

// share is in what part of the conclusive trials the metric was seen.
func (c Cell) share(metric string) float64 {
	return float64(len(c.Values[metric])) / math.Max(1, float64(c.Trials))
}

// side describes the metric's values.
func (c Cell) side(metric string) (Side, []float64) {
	var values []float64
	s := Side{Inconclusive: c.Inconclusive}
	for _, v := range c.Values[metric] {
		values = append(values, float64(v))
		if math.IsInf(float64(v), 1) {
			s.Censored++
		}
	}
	sum := stats.Summarise(values, 0)
	s.N, s.Median, s.CI95 = sum.N, Number(sum.Median), [2]Number{Number(sum.CI95[0]), Number(sum.CI95[1])}
	return s, values
}

// vanished says why nothing can be told of a metric that the head has less often
// than the base has it: whatever the others are, those that are missing are none.
func vanished(b, h Cell, metric string) string {
	had, has := len(b.Values[metric]), len(h.Values[metric])
	if b.share(metric) < rare || h.Trials == 0 || has > 0 && stats.MoreOften(h.Trials-has, h.Trials, b.Trials-had, b.Trials) >= stats.Alpha {
		return ""
	}
	return fmt.Sprintf("seen in %s of base and in %d of %d of head", words.Of(had, b.Trials, "trial"), has, h.Trials)
}

// ofEveryTrial is the metric that every trial has, by whatever anylab it was made: a
// run without it is no older one, but one of which that was taken.
const ofEveryTrial = "outage"

// compareMetric compares one metric in one cell. A metric that is rare on
// both sides is passed over, and so is one that is new.
func (c *Changes) compareMetric(b, h Cell, metric string, t Thresholds) (Change, bool) {
	seen := [2]float64{b.share(metric), h.share(metric)}
	if max(seen[0], seen[1]) < rare && b.Trials+h.Trials > 0 {
		return Change{}, false
	}
	if seen[0] == 0 && metric != ofEveryTrial && b.Trials > 0 && h.Trials > 0 {
		c.note("%s%s: seen in %s of base and in %d of %d of head", words.In(b.Cell), metric,
			words.Of(len(b.Values[metric]), b.Trials, "trial"), len(h.Values[metric]), h.Trials)
		return Change{}, false
	}
	row := Change{Cell: b.Cell, Metric: metric, Unit: "ms"}
	var base, head []float64
	row.Base, base = b.side(metric)
	row.Head, head = h.side(metric)
	if row.Why = vanished(b, h, metric); row.Why != "" {
		row.Verdict = Unknown
		return row, true
	}
	row.base, row.head = base, head
	row.complete = len(base) == b.Trials && len(head) == h.Trials
	test := stats.Compare(base, head)
	row.take(test)
	row.Threshold = Number(t.of(metric, float64(row.Base.Median)))
	if row.Why = tooFew(b, h, row); row.Why != "" {
		row.Verdict = Unknown
		return row, true
	}
	// What lies within the threshold as a whole, whichever run it is of,
	// can't hold a regression: such a row is no test that might give a false
	// alarm. The decision doesn't look at which value is whose, so it leaves
	// the other tests' probabilities as they are.
	all := slices.Concat(base, head)
	row.tried = extent(all) > t.of(metric, stats.Summarise(all, 0).Median)
	return row, true
}

func (row *Change) take(test stats.Comparison) {
	row.P, row.least, row.Shift = Number(test.P), test.Least, Number(test.Shift)
	row.CI95 = [2]Number{Number(test.CI95[0]), Number(test.CI95[1])}
}

// extent is the difference between the largest and the smallest of all values.
func extent(all []float64) float64 {
	if slices.Min(all) == slices.Max(all) {
		return 0 // also of infinities
	}
	return slices.Max(all) - slices.Min(all)
}

// tooFew says why the trials of a row can't decide anything.
func tooFew(b, h Cell, row Change) string {
	if row.Base.N < leastTrials || row.Head.N < leastTrials {
		return fmt.Sprintf("%d + %d trials; at least %d + %d are needed", row.Base.N, row.Head.N, leastTrials, leastTrials)
	}
	for _, side := range []struct {
		name string
		cell Cell
	}{{"base", b}, {"head", h}} {
		all := side.cell.Trials + side.cell.Inconclusive
		if float64(side.cell.Inconclusive) > maxDoubtful*float64(all) {
			return fmt.Sprintf("%s of %s inconclusive: the others may be a biased choice", words.Of(side.cell.Inconclusive, all, "trial"), side.name)
		}
	}
	return ""
}

// conclude corrects the probabilities, judges every row and then the whole.
func (c *Changes) conclude() {
	var tried []*Change
	for i := range c.Rows {
		row := &c.Rows[i]
		row.PHolm = row.P
		if row.tried {
			tried = append(tried, row)
		}
	}
	if c.reference != "" {
		holm(tried)
	} else {
		stepDown(tried)
	}
	for i := range c.Rows {
		row := &c.Rows[i]
		if row.Verdict == "" {
			row.Verdict, row.Why = row.judge(len(tried))
			if d, why := row.restored(c.cells()); d != "" {
				row.Verdict, row.Why = d, why
			}
		}
	}
	c.Verdict = c.overall()
}

// holm corrects rows of which it isn't known how they depend on each other.
func holm(rows []*Change) {
	var p []float64
	for _, row := range rows {
		p = append(p, float64(row.P))
	}
	for i, corrected := range stats.Holm(p) {
		rows[i].PHolm = Number(corrected)
	}
}

// stepDown corrects rows that move together as far as they are metrics of the
// same trials. A metric that some trials lack is on its own: which ones isn't
// known any more.
func stepDown(rows []*Change) {
	var groups []stats.Together
	var members [][]*Change
	for i, row := range rows {
		if i == 0 || !row.complete || !rows[i-1].complete || !maps.Equal(row.Cell, rows[i-1].Cell) {
			groups, members = append(groups, stats.Together{}), append(members, nil)
		}
		last := len(groups) - 1
		groups[last].Base, groups[last].Head = append(groups[last].Base, row.base), append(groups[last].Head, row.head)
		members[last] = append(members[last], row)
	}
	for i, corrected := range stats.StepDown(groups) {
		for k, row := range members[i] {
			row.PHolm = max(row.P, Number(corrected[k]))
		}
	}
}

// judge decides on a row that has enough trials; tests is how many rows are
// judged together.
func (row Change) judge(tests int) (Direction, string) {
	shift := float64(row.Shift)
	switch {
	case !row.tried:
		return Same, "all values lie within the threshold of each other"
	case row.PHolm >= stats.Alpha && row.least*float64(tests) > stats.Alpha:
		return Unknown, fmt.Sprintf("so few trials can't reach significance among %d tests (at best p = %.2g)", tests, min(1, row.least*float64(tests)))
	case row.PHolm >= stats.Alpha:
		return Same, ""
	case math.Abs(shift) <= float64(row.Threshold):
		return Same, "significant, but smaller than the threshold"
	case shift > 0:
		return Regression, ""
	}
	return Improvement, ""
}

// restored says whether the trials that were not restored have become more or
// fewer. Their share may grow to a half and the median shift hardly tells, but
// each of them is a failure. What a cell's metrics lack are the same trials, so
// they count as one test.
func (row Change) restored(cells int) (Direction, string) {
	b, h := row.Base, row.Head
	if row.base == nil {
		return "", "" // a ratio
	}
	limit := stats.Alpha / 2 / float64(cells)
	why := fmt.Sprintf("%s not restored, in base %d of %d", words.Of(h.Censored, h.N, "trial"), b.Censored, b.N)
	switch {
	case stats.MoreOften(h.Censored, h.N, b.Censored, b.N) < limit:
		return Regression, why
	case stats.MoreOften(b.Censored, b.N, h.Censored, h.N) < limit && row.Verdict != Regression:
		return Improvement, why
	}
	return "", ""
}

// cells counts those that have rows.
func (c *Changes) cells() int {
	n := 0
	for i, row := range c.Rows {
		if i == 0 || !maps.Equal(row.Cell, c.Rows[i-1].Cell) {
			n++
		}
	}
	return n
}

// overall is a regression if there is one, and else whatever can't be told.
func (c *Changes) overall() Direction {
	has := func(d Direction) bool {
		return slices.ContainsFunc(c.Rows, func(row Change) bool { return row.Verdict == d })
	}
	if len(c.Rows) == 0 {
		c.note("base and head have no cell and metric in common that could be compared")
		return Unknown
	}
	switch {
	case has(Regression):
		return Regression
	case has(Unknown), c.missing:
		return Unknown
	case has(Improvement):
		return Improvement
	}
	return Same
}

// ExitCode is 1 for a regression, 4 when it can't be told, else 0.
func (c Changes) ExitCode() int {
	switch c.Verdict {
	case Regression:
		return 1
	case Unknown:
		return 4
	}
	return 0
}
