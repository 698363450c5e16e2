package stats

import "math"

// MoreOften returns the probability that k or more of n, and the rest of those
// k + l of m, are drawn by chance if both are drawn alike: Fisher's exact test,
// one-sided. It is 1 if there is nothing to draw.
func MoreOften(k, n, l, m int) float64 {
	p := 0.0
	for i := k; i <= min(n, k+l); i++ {
		if k+l-i <= m {
			p += math.Exp(logChoose(n, i) + logChoose(m, k+l-i) - logChoose(n+m, k+l))
		}
	}
	return min(1, p)
}
