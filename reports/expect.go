package reports

import (
	"math"
	"slices"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// notJudged stands for the value where no trial is conclusive.
const notJudged = "no conclusive trial"

// evaluate judges an expectation over the conclusive trials of a cell. What
// was not seen in any of them can't be said to hold.
func evaluate(e record.Expectation, good []timeline.Failover) Judgement {
	if e.Of != "" {
		return located(e, good)
	}
	at := slices.IndexFunc(metrics, func(m metric) bool { return m.name == e.Metric })
	v := Judgement{Expect: e.Text, Value: "not observed"}
	if len(good) == 0 {
		v.Value = notJudged
	}
	if at < 0 || len(good) == 0 {
		return v
	}
	values, censored := collect(metrics[at], good)
	v.N = len(values) + censored
	if v.N == 0 {
		return v
	}
	for range censored {
		values = append(values, math.Inf(1))
	}
	worst := values[0]
	if e.Stat != "" {
		worst = statistic(e.Stat, values, censored)
	} else {
		for _, x := range values {
			if !holds(x, e.Op, e.Value) && holds(worst, e.Op, e.Value) || distance(x, e) > distance(worst, e) && !holds(x, e.Op, e.Value) {
				worst = x
			}
		}
	}
	v.OK = holds(worst, e.Op, e.Value)
	v.Value = words.Amount(worst, string(metrics[at].unit()))
	return v
}

// distance is how far a value is from the expectation's.
func distance(v float64, e record.Expectation) float64 { return math.Abs(v - e.Value) }

// statistic computes one of record.Stats; the last censored values are +Inf.
func statistic(name string, values []float64, censored int) float64 {
	s := stats.Summarise(values[:len(values)-censored], censored)
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

func holds(v float64, op string, limit float64) bool {
	switch op {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case "==":
		return v == limit
	case "!=":
		return v != limit
	case ">=":
		return v >= limit
	case ">":
		return v > limit
	}
	return false
}
