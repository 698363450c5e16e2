package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var inf = math.Inf(1)

func plus(v []float64, by float64) []float64 {
	var out []float64
	for _, x := range v {
		out = append(out, x+by)
	}
	return out
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name       string
		base, head []float64
		want       Comparison
	}{
		{"nothing", nil, []float64{1}, Comparison{P: 1, Least: 1, Shift: math.NaN(), CI95: [2]float64{math.NaN(), math.NaN()}}},
		{"all equal", []float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}, Comparison{P: 1, Least: 2. / 70}},
		// 4 + 4 values that don't overlap: 2 of 70 orders are as extreme.
		{"apart", upTo(4), plus(upTo(4), 10), Comparison{P: 2. / 70, Least: 2. / 70, Shift: 10, CI95: [2]float64{7, 13}}},
		{"too few for an interval", upTo(3), plus(upTo(3), 10), Comparison{P: 0.1, Least: 0.1, Shift: 10, CI95: [2]float64{-inf, inf}}},
		{"all censored", []float64{inf, inf, inf, inf}, []float64{inf, inf, inf, inf}, Comparison{P: 1, Least: 2. / 70}},
		{"head censored", upTo(4), []float64{inf, inf, inf, inf}, Comparison{P: 2. / 70, Least: 2. / 70, Shift: inf, CI95: [2]float64{inf, inf}}},
		{"base censored", []float64{inf, inf, inf, inf}, upTo(4), Comparison{P: 2. / 70, Least: 2. / 70, Shift: -inf, CI95: [2]float64{-inf, -inf}}},
		{"both half censored", []float64{1, inf}, []float64{1, inf}, Comparison{P: 1, Least: 1. / 3, CI95: [2]float64{-inf, inf}}},
		// From R: wilcox.test(c(0.80,0.83,1.89,1.04,1.45,1.38,1.91,1.64,0.73,1.46),
		// c(1.15,0.88,0.90,0.74,1.21)) has W = 35, p = 0.2544 (Hollander and Wolfe, example 4.1).
		{"the textbook's", []float64{1.15, 0.88, 0.90, 0.74, 1.21}, []float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46},
			Comparison{P: 0.2544, Least: 2. / 3003, Shift: 0.305, CI95: [2]float64{-0.15, 0.76}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Compare(c.base, c.head)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateNaNs(), cmpopts.EquateApprox(0, 1e-4)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestArrangements compares with counting them, and with their sum.
func TestArrangements(t *testing.T) {
	if diff := cmp.Diff([]float64{1, 1, 2, 1, 1}, arrangements(2, 2)); diff != "" {
		t.Error(diff)
	}
	for _, n := range [][2]int{{4, 7}, {20, 20}, {50, 50}} {
		sum := 0.0
		for _, ways := range arrangements(n[0], n[1])[:n[0]*n[1]/2] {
			sum += ways
		}
		sum *= 2
		if n[0]*n[1]%2 == 0 {
			sum += arrangements(n[0], n[1])[n[0]*n[1]/2]
		}
		if want := math.Exp(logChoose(n[0]+n[1], n[0])); math.Abs(sum/want-1) > 1e-6 {
			t.Errorf("%v: %v orders, want %v", n, sum, want)
		}
	}
	// Tables of the U test at 5 %, two-sided.
	for _, c := range []struct{ n, m, u int }{{4, 4, 0}, {5, 5, 2}, {10, 10, 23}, {20, 20, 127}, {3, 3, -1}} {
		if got := critical(c.n, c.m); got != c.u {
			t.Errorf("critical(%d, %d) = %d, want %d", c.n, c.m, got, c.u)
		}
	}
	if exact, normal := critical(50, 50), critical(51, 50); normal < exact || normal > exact+40 {
		t.Errorf("critical values %d and %d: the two methods don't meet", exact, normal)
	}
}

// TestShiftIsCovered: the interval has the true shift in it 95 times in 100.
func TestShiftIsCovered(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	covered, alarms := 0, 0
	const runs = 2000
	for range runs {
		var base, head []float64
		for range 12 {
			base, head = append(base, random.ExpFloat64()), append(head, 5+random.ExpFloat64())
		}
		if c := Compare(base, head); c.CI95[0] <= 5 && 5 <= c.CI95[1] {
			covered++
		}
		if Compare(base, plus(head, -5)).P < Alpha {
			alarms++
		}
	}
	if covered < runs*93/100 {
		t.Errorf("%d of %d intervals have the shift in them", covered, runs)
	}
	if alarms > runs*6/100 || alarms < runs*3/100 {
		t.Errorf("%d of %d comparisons of the same raised an alarm", alarms, runs)
	}
}

func TestHolm(t *testing.T) {
	for _, c := range []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.03}, []float64{0.03}},
		{[]float64{0.04, 0.01, 0.03}, []float64{0.06, 0.03, 0.06}},
		{[]float64{0.9, 0.8}, []float64{1, 1}},
	} {
		if diff := cmp.Diff(c.want, Holm(c.p), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.p, diff)
		}
	}
}
