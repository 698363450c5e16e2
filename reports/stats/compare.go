package stats

import (
	"cmp"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Alpha is the probability of a false alarm that a comparison, or a family of
// them after Holm's correction, may have.
const Alpha = 1 - confidence

// Comparison says how a sample differs from another one, without assuming a
// distribution.
type Comparison struct {
	P     float64    // of the two-sided Mann-Whitney U test
	Least float64    // the smallest P that samples of these sizes can have
	Shift float64    // Hodges and Lehmann's: the median of all differences head - base
	CI95  [2]float64 // of Shift: Moses' interval, which inverts the test
}

// Compare compares two samples; +Inf stands for "longer than was waited",
// and is as large as any other +Inf. NaNs are left out. An empty sample
// differs from nothing: P is 1 and Shift is NaN.
func Compare(base, head []float64) Comparison {
	b, _ := rank(base, 0)
	h, _ := rank(head, 0)
	if len(b) == 0 || len(h) == 0 {
		nan := math.NaN()
		return Comparison{P: 1, Least: 1, Shift: nan, CI95: [2]float64{nan, nan}}
	}
	test := benchmath.AssumeNothing.Compare(
		benchmath.NewSample(b, &benchmath.DefaultThresholds), benchmath.NewSample(h, &benchmath.DefaultThresholds))
	c := Comparison{P: test.P, Least: min(1, 2/math.Exp(logChoose(len(b)+len(h), len(b))))}
	d := differences(b, h)
	c.Shift = valueAt(d, float64(len(d)+1)/2)
	if math.IsNaN(c.Shift) { // half way between two infinities of opposite sign
		c.Shift = 0
	}
	c.CI95 = moses(d, len(b), len(h))
	return c
}

// logChoose is the logarithm of the binomial coefficient.
func logChoose(n, k int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	return lg(n) - lg(k) - lg(n-k)
}

// differences returns all head - base, sorted.
func differences(base, head []float64) []float64 {
	d := make([]float64, 0, len(base)*len(head))
	for _, h := range head {
		for _, b := range base {
			if h == b { // also of infinities, whose difference would be NaN
				d = append(d, 0)
				continue
			}
			d = append(d, h-b)
		}
	}
	slices.Sort(d)
	return d
}

// moses returns the 95 % confidence interval of the shift between samples of
// n and m values: the differences that the U test would not reject (Hollander
// and Wolfe, Nonparametric Statistical Methods, section 4.3). It is unlimited
// where the samples are too small to reject anything.
func moses(d []float64, n, m int) [2]float64 {
	c := critical(n, m)
	if c < 0 {
		return [2]float64{math.Inf(-1), math.Inf(1)}
	}
	return [2]float64{d[c], d[len(d)-1-c]}
}

// exactLimit is up to which sample size the distribution of U is computed;
// the normal one is close enough beyond, and benchmath does the same.
const exactLimit = 50

// critical returns the largest u with P(U <= u) <= Alpha/2 when samples of n
// and m values come from the same distribution, -1 if there is none.
func critical(n, m int) int {
	if n > exactLimit || m > exactLimit {
		mean := float64(n*m) / 2
		sigma := math.Sqrt(float64(n*m*(n+m+1)) / 12)
		return int(math.Floor(mean - 0.5 - 1.959964*sigma))
	}
	total, sum := math.Exp(logChoose(n+m, n)), 0.0
	for u, ways := range arrangements(n, m) {
		if sum += ways; sum/total > Alpha/2 {
			return u - 1
		}
	}
	return n * m
}

// arrangements counts for each u the orders of n and m values that have the
// statistic U = u: the coefficients of the Gaussian binomial, the product of
// (1 - q^(m+i)) / (1 - q^i) over i = 1 to n.
func arrangements(n, m int) []float64 {
	c := make([]float64, n*m+1)
	c[0] = 1
	for i := 1; i <= n; i++ {
		for u := len(c) - 1; u >= m+i; u-- {
			c[u] -= c[u-m-i]
		}
		for u := i; u < len(c); u++ {
			c[u] += c[u-i]
		}
	}
	return c
}

// Holm corrects probabilities for being several: with the returned ones, the
// probability of any false alarm among them is no more than what is asked of
// each (Holm, Scandinavian Journal of Statistics 6, 1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	corrected := make([]float64, len(p))
	least := 0.0
	for i, at := range order {
		least = max(least, min(1, p[at]*float64(len(p)-i)))
		corrected[at] = least
	}
	return corrected
}
