package reports

import (
	"math"

	"anylab/reports/stats"
	"anylab/reports/timeline"
)

// series is a metric of several trials: of those that have it.
type series []measured

// measured is the metric of one trial, and what widened its ends.
type measured struct {
	bounded
	doubts []timeline.Doubt
}

// collect reads a metric of every trial.
func collect(m metric, failovers []timeline.Failover) series {
	var list series
	for i := range failovers {
		f := &failovers[i]
		r, ok := m.of(f)
		if !ok {
			continue
		}
		one := measured{bounded: r}
		own, _ := m.seen(f)
		for _, d := range own.Doubts {
			if touches(d, m.part) {
				one.doubts = append(one.doubts, d)
			}
		}
		list = append(list, one)
	}
	return list
}

func (s series) all() []bounded {
	var list []bounded
	for _, m := range s {
		list = append(list, m.bounded)
	}
	return list
}

// values, lows and highs are one end each of all trials.
func (s series) values() []float64 { return s.each(func(r bounded) float64 { return r.value }) }
func (s series) lows() []float64   { return s.each(func(r bounded) float64 { return r.low }) }
func (s series) highs() []float64  { return s.each(func(r bounded) float64 { return r.high }) }

func (s series) each(of func(bounded) float64) []float64 {
	var list []float64
	for _, m := range s {
		list = append(list, of(m.bounded))
	}
	return list
}

// statistic is one with all values at their low ends, and all at their high ends.
func (s series) statistic(name string) bounded {
	return bounded{statistic(name, s.values()), statistic(name, s.lows()), statistic(name, s.highs())}
}

// summarise describes the values; those that were not restored are counted apart.
func (s series) summarise() stats.Summary {
	var values []float64
	censored := 0
	for _, v := range s.values() {
		if math.IsInf(v, 1) {
			censored++
		} else {
			values = append(values, v)
		}
	}
	return stats.Summarise(values, censored)
}

// ends summarise the low and the high ends; nil where they are the values.
func (s series) ends() (low, high *Ends) {
	sure := true
	for _, m := range s {
		sure = sure && m.low == m.value && m.high == m.value
	}
	if sure {
		return nil, nil
	}
	return newEnds(s.lows()), newEnds(s.highs())
}

func newEnds(values []float64) *Ends {
	s := stats.Summarise(values, 0)
	return &Ends{Min: Number(s.Min), Median: Number(s.Median), P95: Number(s.P95), Max: Number(s.Max)}
}
