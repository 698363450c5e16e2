package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	// leastSegment is how many values there must be between two changes.
	leastSegment = 3
	// permutations is how often a change is looked for where there is none.
	permutations = 499
)

// split is the best place to cut one segment.
type split struct {
	at int     // index of the first value after the change
	q  float64 // how much the two sides differ
}

// ChangePoints returns the indexes of the values with which a series changed
// its level or its spread, in order: E-divisive means (Matteson and James,
// Journal of the American Statistical Association 109, 2014), with moment
// index 1. Segments are bisected where the energy distance of the two sides
// is largest, as long as a permutation test of the largest one rejects at 5 %.
// The test is seeded: the same series gives the same changes. At least eight
// values are needed to find anything: fewer permute in too few ways. Values
// must be finite.
func ChangePoints(values []float64) []int {
	cuts := []int{0, len(values)}
	random := rand.New(rand.NewPCG(uint64(len(values)), 2014))
	for {
		best := bestSplit(values, cuts)
		if best.at == 0 || !significant(values, cuts, best.q, random) {
			return cuts[1 : len(cuts)-1]
		}
		cuts = append(cuts, best.at)
		slices.Sort(cuts)
	}
}

// bestSplit looks through every segment.
func bestSplit(values []float64, cuts []int) split {
	var best split
	for i := range len(cuts) - 1 {
		s := bisect(values[cuts[i]:cuts[i+1]])
		if s.at > 0 && s.q > best.q {
			best = split{cuts[i] + s.at, s.q}
		}
	}
	return best
}

// significant says whether a difference of q is rare when the values within
// each segment stand in random order.
func significant(values []float64, cuts []int, q float64, random *rand.Rand) bool {
	shuffled := slices.Clone(values)
	atLeast := 1
	for range permutations {
		for i := range len(cuts) - 1 {
			s := shuffled[cuts[i]:cuts[i+1]]
			random.Shuffle(len(s), func(a, b int) { s[a], s[b] = s[b], s[a] })
		}
		if bestSplit(shuffled, cuts).q >= q*(1-1e-9) { // the same partition summed in another order is no less
			atLeast++
		}
	}
	return float64(atLeast)/(permutations+1) <= Alpha
}

// bisect finds the split of a segment, and the end of what is compared with
// it, that maximise the scaled energy distance (Matteson and James, equation
// 7). The end may lie before the segment's, or a second change would hide the
// first.
func bisect(x []float64) split {
	var best split
	sums := distances(x)
	for at := leastSegment; at <= len(x)-leastSegment; at++ {
		for end := at + leastSegment; end <= len(x); end++ {
			if q := energy(sums, at, end); q > best.q {
				best = split{at, q}
			}
		}
	}
	return best
}

// distances returns the sums s[i][j] of |x[a] - x[b]| over a < i, b < j.
func distances(x []float64) [][]float64 {
	s := make([][]float64, len(x)+1)
	s[0] = make([]float64, len(x)+1)
	for i := range x {
		s[i+1] = make([]float64, len(x)+1)
		for j := range x {
			s[i+1][j+1] = s[i][j+1] + s[i+1][j] - s[i][j] + math.Abs(x[i]-x[j])
		}
	}
	return s
}

// energy is the scaled distance of x[:at] and x[at:end]: twice the mean
// distance between the two, less the mean distances within each.
func energy(s [][]float64, at, end int) float64 {
	n, m := float64(at), float64(end-at)
	left := s[at][at]
	between := s[at][end] - left
	right := s[end][end] - left - 2*between
	// left and right count each pair twice: n (n-1) of them.
	return n * m / (n + m) * (2*between/(n*m) - left/(n*(n-1)) - right/(m*(m-1)))
}
