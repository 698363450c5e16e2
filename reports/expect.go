package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// notJudged stands for the value where no trial is conclusive.
const notJudged = "no conclusive trial"

// evaluate judges an expectation over the conclusive trials of a cell, at both
// ends of what it reads. What was not seen in any of them can't be said to hold.
func evaluate(e record.Expectation, good []timeline.Failover) Judgement {
	if e.Is != "" {
		return located(e, good)
	}
	v := Judgement{Expect: e.Text, Value: "not observed"}
	if len(good) == 0 {
		v.Value = notJudged
	}
	if what := unknown(e); what != "" {
		v.Value, v.Decides = "not judged", "an anylab that knows the "+what
		return v
	}
	m, _ := metricOf(e.Subject())
	if len(good) == 0 {
		return v
	}
	all := collect(m, good)
	v.N = len(all)
	if v.N == 0 {
		return v
	}
	worst, holds := bare(e, all.all())
	if e.Stat != "" {
		worst = all.statistic(e.Stat)
		holds = within(worst, e)
	}
	show := func(v float64) string { return words.Amount(v, string(m.unit())) }
	v.OK, v.Value = holds == yes, show(worst.value)
	if holds == undecided {
		v.Low, v.High, v.Decides = show(worst.low), show(worst.high), all.decides(e)
	}
	return v
}

// unknown names what of an expectation nobody here understands: it may be of a
// later anylab, or of an older one that refused less.
func unknown(e record.Expectation) string {
	_, known := metricOf(e.Metric)
	switch {
	case !known:
		return "metric " + e.Metric
	case e.Stat != "" && !slices.Contains(record.Stats, e.Stat):
		return "statistic " + e.Stat
	case !slices.Contains(operators, e.Op):
		return "comparison " + e.Op
	}
	return ""
}

var operators = []string{"<", "<=", "==", "!=", ">=", ">"}

// verdict is what one thing says of an expectation.
type verdict int

const (
	yes verdict = iota
	undecided
	no
)

// within asks whether an expectation holds at both ends of a number.
func within(r bounded, e record.Expectation) verdict {
	low, high := e.Allows(r.low), e.Allows(r.high)
	inside := r.low <= e.Value && e.Value <= r.high && r.low < r.high
	switch {
	case low != high, inside && (e.Op == "==" || e.Op == "!="):
		return undecided
	case low:
		return yes
	}
	return no
}

// bare judges an expectation that must hold in every trial. The number
// is that of the trial that says most: of those that break it the one farthest off.
func bare(e record.Expectation, all []bounded) (worst bounded, v verdict) {
	worst, v = all[0], within(all[0], e)
	for _, r := range all[1:] {
		switch one := within(r, e); {
		case one > v, one == no && v == no && distance(r.value, e) > distance(worst.value, e):
			worst, v = r, one
		}
	}
	return worst, v
}

// distance is how far a value is from the expectation's.
func distance(v float64, e record.Expectation) float64 { return math.Abs(v - e.Value) }

// statistic computes one of record.Stats; +Inf is a censored value.
func statistic(name string, values []float64) float64 {
	s := stats.Summarise(values, 0)
	switch name {
	case "min":
		return s.Min
	case "median":
		return s.Median
	case "p90":
		return s.P90
	case "p95":
		return s.P95
	case "p99":
		return s.P99
	case "max":
		return s.Max
	case "mean":
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		return sum / float64(len(values))
	}
	return math.NaN() // no comparison holds
}

// decides says what would decide an expectation that holds at one end of what it
// reads and not at the other.
func (s series) decides(e record.Expectation) string {
	var open []bounded
	var why []string
	low, high := math.Inf(1), math.Inf(-1)
	repaired := false
	for _, t := range s {
		if within(t.bounded, e) != undecided {
			continue
		}
		open = append(open, t.bounded)
		low, high = min(low, t.low), max(high, t.high)
		repaired = repaired || math.IsInf(t.high, 1)
		for _, d := range t.doubts {
			if !slices.Contains(why, d.Name) {
				why = append(why, d.Name)
			}
		}
	}
	unit, _ := record.UnitOf(e.Metric)
	span := func() string { return words.Amount(low, string(unit)) + " and " + words.Amount(high, string(unit)) }
	lie := words.Count(len(open), "trial") + " lie"
	if len(open) == 1 {
		lie += "s"
	}
	switch {
	case len(open) == 0:
		return "a quieter machine, or more trials: no trial lies on both sides, their statistic does"
	case repaired && low < 1: // doubts leave nothing of it
		return fmt.Sprintf("to leave the fault in effect for longer, on a quieter machine: in %s it was over before anything had taken over", words.Count(len(open), "trial"))
	case repaired:
		return fmt.Sprintf("to leave the fault in effect for longer: in %s it was over after %s, and nothing had taken over", words.Count(len(open), "trial"), words.Amount(low, string(unit)))
	case len(why) > 0:
		return fmt.Sprintf("a quieter machine: %s between %s because of %s", lie, span(), strings.Join(why, ", "))
	}
	return fmt.Sprintf("more requests a second: %s between %s", lie, span())
}
