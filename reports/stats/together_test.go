package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func uniformFrom(random *rand.Rand, n int, from, to float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = from + (to-from)*random.Float64()
	}
	return list
}

// One metric alone has the U test's own probability; the same metric four
// times over still has, where Holm's would be four times that.
func TestWhatMovesTogetherCountsOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	base, head := uniformFrom(random, 20, 100, 200), uniformFrom(random, 20, 120, 240)
	alone := Compare(base, head).P
	for _, times := range []int{1, 4} {
		var g Together
		for range times {
			g.Base, g.Head = append(g.Base, base), append(g.Head, head)
		}
		for _, p := range StepDown([]Together{g})[0] {
			if math.Abs(p-alone) > 0.2*alone+0.001 {
				t.Errorf("%d metrics that are one: p = %v, alone %v", times, p, alone)
			}
		}
	}
}

// Metrics of different trials are so many chances of an alarm, as with Holm.
func TestGroupsCountEach(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	base, head := uniformFrom(random, 20, 100, 200), uniformFrom(random, 20, 130, 230)
	groups, p := []Together{{[][]float64{base}, [][]float64{head}}}, []float64{Compare(base, head).P}
	for range 9 {
		b, h := uniformFrom(random, 20, 0, 1), uniformFrom(random, 20, 0, 1)
		groups, p = append(groups, Together{[][]float64{b}, [][]float64{h}}), append(p, Compare(b, h).P)
	}
	got, want := StepDown(groups)[0][0], Holm(p)[0]
	if math.Abs(got-want) > 0.3*want+0.002 || got < 4*p[0] {
		t.Errorf("the clearest of ten: p = %v, after Holm %v, alone %v", got, want, p[0])
	}
}

// Of comparisons of equals, as many give a false alarm in some metric as are
// allowed, whether the metrics depend on each other or not.
func TestStepDownKeepsTheLevel(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	const tries = 400
	alarms := 0
	for range tries {
		var g Together
		b, h := uniformFrom(random, 8, 0, 1), uniformFrom(random, 8, 0, 1)
		for _, noise := range []float64{0, 0.2, 5} {
			add := func(to []float64) []float64 {
				list := uniformFrom(random, len(to), 0, noise)
				for i := range list {
					list[i] += to[i]
				}
				return list
			}
			g.Base, g.Head = append(g.Base, add(b)), append(g.Head, add(h))
		}
		p := StepDown([]Together{g})[0]
		if min(p[0], p[1], p[2]) < Alpha {
			alarms++
		}
	}
	if alarms < tries/100 || alarms > tries*8/100 {
		t.Errorf("%d false alarms in %d comparisons, want about %v", alarms, tries, Alpha*tries)
	}
}

func TestStepDownOfTiesAndInfinities(t *testing.T) {
	inf := math.Inf(1)
	same := []float64{1, 1, 1, 1}
	p := StepDown([]Together{{[][]float64{same, {1, 2, 3, 4}}, [][]float64{same, {inf, inf, inf, inf}}}})[0]
	if p[0] != 1 || p[1] > 0.05 || p[1] < 0.02 {
		t.Errorf("p = %v, want 1 and 2/70", p)
	}
}
