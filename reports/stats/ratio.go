package stats

import (
	"math"
	"math/rand/v2"
)

// resamples is how many permutations and how many bootstrap samples a ratio
// is judged by: P is a multiple of 1/2000.
const resamples = 1999

// Pair is a sample and the reference that was measured beside it, by the same
// machine in the same run.
type Pair struct{ Values, Reference []float64 }

// ratio is the sample's median as a multiple of the reference's.
func (p Pair) ratio() float64 { return middle(p.Values) / middle(p.Reference) }

// middle is the median; a sample of half infinities has an infinite one.
func middle(values []float64) float64 {
	ranked, _ := rank(values, 0)
	return valueAt(ranked, float64(len(ranked)+1)/2)
}

// CompareRatios says by what factor the ratio to the reference changed from
// base to head: Shift is that factor, 1 for no change. What makes a machine
// slower by the same factor in the sample and in its reference cancels out,
// and so does a regression that hits both alike. All four medians must be
// positive and finite, else P is 1 and Shift is NaN.
//
// P is that of a permutation test: each value is divided by its run's median
// reference, and runs are exchanged at random among the values of the sample
// and among those of the reference. The interval is a bootstrap's. Both are
// seeded: the same samples give the same result.
func CompareRatios(base, head Pair) Comparison {
	nan := math.NaN()
	c := Comparison{P: 1, Least: 2 / float64(resamples+1), Shift: nan, CI95: [2]float64{nan, nan}}
	for _, sample := range [][]float64{base.Values, base.Reference, head.Values, head.Reference} {
		if len(sample) == 0 || !(middle(sample) > 0) || math.IsInf(middle(sample), 1) {
			return c
		}
	}
	c.Shift = head.ratio() / base.ratio()
	random := rand.New(rand.NewPCG(uint64(len(base.Values)), uint64(len(head.Values))))
	c.P = permuted(base, head, random)
	var factors []float64
	for range resamples {
		f := redraw(head, random).ratio() / redraw(base, random).ratio()
		factors = append(factors, f)
	}
	ranked, _ := rank(factors, 0)
	c.CI95 = [2]float64{quantile(Alpha/2, ranked), quantile(1-Alpha/2, ranked)}
	return c
}

func redraw(p Pair, random *rand.Rand) Pair {
	draw := func(from []float64) []float64 {
		out := make([]float64, len(from))
		for i := range out {
			out[i] = from[random.IntN(len(from))]
		}
		return out
	}
	return Pair{draw(p.Values), draw(p.Reference)}
}

func permuted(base, head Pair, random *rand.Rand) float64 {
	b, h := base.scaled(), head.scaled()
	change := func(b, h Pair) float64 { return math.Abs(math.Log(h.ratio() / b.ratio())) }
	seen, atLeast := change(b, h), 1
	for range resamples {
		b.Values, h.Values = exchange(b.Values, h.Values, random)
		b.Reference, h.Reference = exchange(b.Reference, h.Reference, random)
		if d := change(b, h); d >= seen || math.IsNaN(d) {
			atLeast++
		}
	}
	return float64(atLeast) / float64(resamples+1)
}

// scaled divides the pair by its reference's median.
func (p Pair) scaled() Pair {
	by := middle(p.Reference)
	divide := func(from []float64) []float64 {
		out := make([]float64, len(from))
		for i, v := range from {
			out[i] = v / by
		}
		return out
	}
	return Pair{divide(p.Values), divide(p.Reference)}
}

// exchange deals the values of both samples out anew.
func exchange(a, b []float64, random *rand.Rand) (x, y []float64) {
	all := append(append([]float64{}, a...), b...)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:len(a)], all[len(a):]
}
