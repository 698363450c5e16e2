// Package stats summarises samples without assuming a distribution.
package stats

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
	"gonum.org/v1/gonum/stat"
)

// confidence of every interval and bound in this package.
const confidence = 0.95

// Summary describes a sample by its order statistics, in the sample's unit.
//
// A field is +Inf where it falls among censored values ("greater than the
// limit"), and CI95 reaches to -Inf or +Inf where the sample is too small to
// bound the median. All fields are NaN when N is 0. JSON has no such numbers:
// callers write null, or leave the field out, for whatever is not Finite.
type Summary struct {
	N        int // values, the censored ones included
	Censored int // values known only to exceed the limit
	Min      float64
	Median   float64 //
	P90      float64 // an observed value: the smallest that at least 90 % do not exceed
	P95      float64
	P99      float64
	Max      float64
	CI95     [2]float64 // of the median; order statistics, so it holds for any distribution
	Warnings []string   // reasons to doubt, each a sentence for the reader
}

// Summarise describes values and, above all of them, censored values that
// are known only to be larger than a limit. NaNs are left out with a warning.
// values is not changed.
func Summarise(values []float64, censored int) Summary {
	ranked, dropped := rank(values, censored)
	s := Summary{N: len(ranked), Censored: max(censored, 0)}
	if dropped > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d values are not numbers and were left out", dropped))
	}
	if s.N == 0 {
		nan := math.NaN()
		s.Min, s.Median, s.P90, s.P95, s.P99, s.Max = nan, nan, nan, nan, nan, nan
		s.CI95 = [2]float64{nan, nan}
		s.Warnings = append(s.Warnings, "no values")
		return s
	}
	s.Min, s.Max = ranked[0], ranked[s.N-1]
	s.P90, s.P95, s.P99 = quantile(0.90, ranked), quantile(0.95, ranked), quantile(0.99, ranked)
	var doubts []string
	s.Median, s.CI95, doubts = median(ranked)
	s.Warnings = append(s.Warnings, doubts...)
	s.Warnings = append(s.Warnings, tailWarnings(s.N)...)
	if s.Censored > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d values exceed the limit and count as infinite", s.Censored, s.N))
	}
	return s
}

// Finite says whether v can be written as a JSON number.
func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// rank sorts the numbers among values, followed by the censored ones.
func rank(values []float64, censored int) (ranked []float64, dropped int) {
	ranked = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	dropped = len(values) - len(ranked)
	slices.Sort(ranked)
	for range censored {
		ranked = append(ranked, math.Inf(1))
	}
	return ranked, dropped
}

// quantile returns an observed value, never an interpolation: half way to
// infinity means nothing.
func quantile(p float64, ranked []float64) float64 {
	return stat.Quantile(p, stat.Empirical, ranked, nil)
}

// median returns the median and its confidence interval. Both come from the
// ranks 1 to n, which are then looked up: interpolation between values would
// turn the censored ones into NaN.
func median(ranked []float64) (m float64, ci [2]float64, warnings []string) {
	ranks := make([]float64, len(ranked))
	for i := range ranks {
		ranks[i] = float64(i + 1)
	}
	sample := benchmath.NewSample(ranks, &benchmath.DefaultThresholds)
	sum := benchmath.AssumeNothing.Summary(sample, confidence)
	for _, w := range sum.Warnings {
		warnings = append(warnings, "median: "+w.Error())
	}
	return valueAt(ranked, sum.Center), [2]float64{valueAt(ranked, sum.Lo), valueAt(ranked, sum.Hi)}, warnings
}

// valueAt returns the value of a whole rank, the mean of two neighbours for
// a rank between them, and an infinite rank as it is.
func valueAt(ranked []float64, rank float64) float64 {
	if math.IsInf(rank, 0) {
		return rank
	}
	half := int(math.Round(2 * rank))
	below, above := ranked[half/2-1], ranked[(half+1)/2-1]
	if below == above {
		return below // also keeps huge values from overflowing
	}
	return below/2 + above/2
}
