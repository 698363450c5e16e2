package stats

import "math"

// Kolmogorov tests whether values may come from the distribution function cdf.
// The i-th value is known to lie between low[i] and high[i], which are equal
// for one that is known exactly. It returns the largest distance that the
// empirical distribution function must have from cdf, and the probability of
// one at least as large if they agree: an upper bound of it where values are
// uncertain, so the test errs towards not rejecting. NaNs are left out; d is 0
// and p is 1 for no values.
func Kolmogorov(low, high []float64, cdf func(float64) float64) (d, p float64) {
	first, _ := rank(low, 0)
	last, _ := rank(high, 0)
	n := float64(min(len(first), len(last)))
	if n == 0 {
		return 0, 1
	}
	for i := range int(n) {
		// Just before the i-th value the empirical function is i/n, from there
		// on (i+1)/n.
		d = max(d, float64(i+1)/n-cdf(last[i]), cdf(first[i])-float64(i)/n)
	}
	return d, exceeded(d, n)
}

// exceeded is the probability that the Kolmogorov statistic of n values is at
// least d: the limiting distribution with Stephens' correction for a finite n
// (Journal of the American Statistical Association 69, 1974, table 1), good
// to a hundredth from n = 5 on.
func exceeded(d, n float64) float64 {
	x := d * (math.Sqrt(n) + 0.12 + 0.11/math.Sqrt(n))
	if x < 0.3 {
		return 1 // the series below converges slowly there, to 1 - 1e-5
	}
	sum, sign := 0.0, 1.0
	for k := 1.0; k <= 20; k++ {
		sum += sign * math.Exp(-2*k*k*x*x)
		sign = -sign
	}
	return min(1, max(0, 2*sum))
}

// Uniform returns the distribution function of the uniform distribution on
// (low, high).
func Uniform(low, high float64) func(float64) float64 {
	return func(x float64) float64 { return clamp((x - low) / (high - low)) }
}

// JitteredRest returns the distribution function of high minus the age of the
// last packet, at a random moment, where packets come at gaps that are uniform
// on 0.75 to 1 times the interval high - low (RFC 5880 section 6.8.7). The
// age has the density P(gap > age) / mean gap.
func JitteredRest(low, high float64) func(float64) float64 {
	const least, mean = 0.75, 0.875
	younger := func(age float64) float64 { // P(A <= age), age in intervals
		beyond := max(0, min(age, 1)-least)
		// P(gap > a) falls from 1 at 0.75 to 0 at 1.
		return clamp((max(0, min(age, least)) + beyond - 2*beyond*beyond) / mean)
	}
	return func(x float64) float64 { return 1 - younger((high-x)/(high-low)) }
}

// First returns the distribution function of the earlier of two independent
// moments with the distribution function cdf.
func First(cdf func(float64) float64) func(float64) float64 {
	return func(x float64) float64 { return 1 - (1-cdf(x))*(1-cdf(x)) }
}

func clamp(p float64) float64 { return min(1, max(0, p)) }

// Rayleigh tests whether moments are spread over a period, all parts of which
// are alike likely. It returns the mean resultant length, 0 for an even spread
// and 1 where all fall on one phase, and the probability of one at least as
// large by chance (Zar, Biostatistical Analysis, equation 27.4; good to a
// hundredth from n = 5 on). Without values they are 0 and 1.
func Rayleigh(moments []float64, period float64) (r, p float64) {
	n := float64(len(moments))
	if n == 0 || !(period > 0) {
		return 0, 1
	}
	var sin, cos float64
	for _, at := range moments {
		y, x := math.Sincos(2 * math.Pi * at / period)
		sin, cos = sin+y, cos+x
	}
	resultant := math.Hypot(sin, cos)
	p = math.Exp(math.Sqrt(1+4*n+4*(n*n-resultant*resultant)) - (1 + 2*n))
	return resultant / n, min(1, p)
}
