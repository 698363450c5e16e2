package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Together is several metrics of the same trials of two runs: Base[m][i] is
// metric m of trial i. An infinity ranks above all numbers.
type Together struct{ Base, Head [][]float64 }

// arrangementsTried is how many exchanges of trials probabilities are counted
// over: they are multiples of 1/10000.
const arrangementsTried = 9999

// StepDown returns the probability of every metric's difference, corrected for
// all metrics of all groups being tried: the probability of any false alarm is
// no more than what is asked of each (Westfall and Young, Resampling-Based
// Multiple Testing, 1993, algorithm 2.8 with the U statistic).
//
// Like Holm's correction it goes from the clearest difference down. But
// metrics of the same trials move together: an outage is a detection and a
// little more. Holm counts such metrics as so many chances of an alarm; here
// whole trials are exchanged between the runs, groups apart from each other,
// so that what moves together counts once. It is seeded: the same values give
// the same result.
func StepDown(groups []Together) [][]float64 {
	var tests []*test
	for _, g := range groups {
		order := identity(len(g.Base[0]) + len(g.Head[0]))
		for m := range g.Base {
			tests = append(tests, newTest(g.Base[m], g.Head[m], order))
		}
	}
	sorted := slices.Clone(tests)
	slices.SortStableFunc(sorted, func(a, b *test) int { return cmp.Compare(b.seen, a.seen) })
	random := rand.New(rand.NewPCG(uint64(len(groups)), uint64(len(tests))))
	for range arrangementsTried {
		next := tests
		for _, g := range groups {
			deal(next[0].order, len(g.Base[0]), random)
			next = next[len(g.Base):]
		}
		count(sorted)
	}
	return probabilities(groups, tests, sorted)
}

// test is one metric: its ranks among all trials of both runs.
type test struct {
	ranks   []float64
	base    int     // how many trials the base has
	mean    float64 // of the sum of the base's ranks
	scale   float64 // its standard deviation; 0 if all values are the same
	seen    float64 // how far the sum is from its mean, in standard deviations
	order   []int   // of the trials, the base's first; shared by the group
	atLeast int     // how often it was as far, or a less clear difference was
}

func newTest(base, head []float64, order []int) *test {
	t := &test{ranks: midranks(append(slices.Clone(base), head...)), base: len(base), order: order}
	n := float64(len(t.ranks))
	t.mean = float64(t.base) * (n + 1) / 2
	squares := 0.0
	for _, r := range t.ranks {
		squares += (r - (n+1)/2) * (r - (n+1)/2)
	}
	if n > 1 {
		t.scale = math.Sqrt(squares * float64(len(base)) * float64(len(head)) / (n * (n - 1)))
	}
	t.seen = t.far()
	return t
}

// far is how far the ranks of the trials that come first are from their mean.
func (t *test) far() float64 {
	if t.scale == 0 {
		return 0
	}
	sum := 0.0
	for _, i := range t.order[:t.base] {
		sum += t.ranks[i]
	}
	return math.Abs(sum-t.mean) / t.scale
}

// count notes for each test whether chance alone came as far, in it or in any
// test whose difference is less clear.
func count(sorted []*test) {
	const rounding = 1e-9
	farthest := 0.0
	for _, t := range slices.Backward(sorted) {
		farthest = max(farthest, t.far())
		if farthest >= t.seen-rounding {
			t.atLeast++
		}
	}
}

// probabilities puts the results in the groups' order. None is smaller than
// that of a clearer difference.
func probabilities(groups []Together, tests, sorted []*test) [][]float64 {
	p, least := map[*test]float64{}, 0.0
	for _, t := range sorted {
		least = max(least, float64(t.atLeast+1)/(arrangementsTried+1))
		p[t] = least
	}
	list := make([][]float64, len(groups))
	for i, g := range groups {
		for range g.Base {
			list[i] = append(list[i], p[tests[0]])
			tests = tests[1:]
		}
	}
	return list
}

// deal draws the n trials that come first anew.
func deal(order []int, n int, random *rand.Rand) {
	for i := range n {
		j := i + random.IntN(len(order)-i)
		order[i], order[j] = order[j], order[i]
	}
}

func identity(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// midranks returns the rank of each value; equal ones share the mean of theirs.
func midranks(values []float64) []float64 {
	order := identity(len(values))
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			ranks[at] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranks
}
