package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// measured draws a pair whose machine is slower by a factor.
func measured(random *rand.Rand, n int, slower, longer float64) Pair {
	var p Pair
	for range n {
		p.Values = append(p.Values, slower*longer*(20+10*random.Float64()))
		p.Reference = append(p.Reference, slower*(100+50*random.Float64()))
	}
	return p
}

func TestRatiosCancelTheMachine(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const runs = 100
	alarms, found := 0, 0
	for range runs {
		base := measured(random, 12, 1, 1)
		if CompareRatios(base, measured(random, 12, 3, 1)).P < Alpha {
			alarms++
		}
		if c := CompareRatios(base, measured(random, 12, 3, 1.5)); c.P < Alpha && c.Shift > 1.2 && c.CI95[0] > 1 {
			found++
		}
	}
	if alarms > 12 { // 5 are expected; more than 12 have a probability of 0.2 %
		t.Errorf("%d of %d comparisons with a slower machine raised an alarm", alarms, runs)
	}
	if found < 90 {
		t.Errorf("a regression by half was found in %d of %d comparisons", found, runs)
	}
}

func TestRatiosAreRepeatable(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	base, head := measured(random, 8, 1, 1), measured(random, 8, 1, 1.1)
	if a, b := CompareRatios(base, head), CompareRatios(base, head); a != b {
		t.Errorf("%+v, then %+v", a, b)
	}
}

func TestRatiosOfNothing(t *testing.T) {
	good := Pair{[]float64{1, 2}, []float64{3, 4}}
	for name, bad := range map[string]Pair{
		"no values":            {nil, []float64{1}},
		"no reference":         {[]float64{1}, nil},
		"a reference of zero":  {[]float64{1}, []float64{0, 0, 1}},
		"an unlimited one":     {[]float64{1}, []float64{1, inf, inf}},
		"values without limit": {[]float64{inf}, []float64{1}},
	} {
		if c := CompareRatios(good, bad); c.P != 1 || !math.IsNaN(c.Shift) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
