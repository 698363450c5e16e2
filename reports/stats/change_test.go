package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// series draws n values around each level in turn.
func series(seed uint64, n int, levels ...float64) []float64 {
	random := rand.New(rand.NewPCG(seed, 1))
	var v []float64
	for _, l := range levels {
		for range n {
			v = append(v, l+random.NormFloat64())
		}
	}
	return v
}

func TestChangePoints(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		want   []int
	}{
		{"none", nil, []int{}},
		{"too few", series(1, 3, 0, 100), []int{}},
		{"constant", make([]float64, 20), []int{}},
		{"noise", series(2, 30, 100), []int{}},
		{"one step", series(3, 10, 100, 110), []int{10}},
		{"a step and back", series(4, 10, 100, 110, 100), []int{10, 20}},
		{"a staircase", series(5, 8, 100, 110, 120), []int{8, 16}},
		{"exact step without noise", append(make([]float64, 6), 1, 1, 1, 1, 1, 1), []int{6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ChangePoints(c.values)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEnergy compares the sums with the definition, pair by pair.
func TestEnergy(t *testing.T) {
	x := []float64{1, 4, 2, 8, 5, 7, 3}
	mean := func(a, b []float64, same bool) float64 {
		sum, n := 0.0, 0
		for i := range a {
			for j := range b {
				if !same || i < j {
					sum, n = sum+math.Abs(a[i]-b[j]), n+1
				}
			}
		}
		return sum / float64(n)
	}
	for at := 2; at <= 4; at++ {
		for end := at + 2; end <= len(x); end++ {
			a, b := x[:at], x[at:end]
			n, m := float64(len(a)), float64(len(b))
			want := n * m / (n + m) * (2*mean(a, b, false) - mean(a, a, true) - mean(b, b, true))
			if got := energy(distances(x), at, end); math.Abs(got-want) > 1e-12 {
				t.Errorf("%d, %d: %v, want %v", at, end, got, want)
			}
		}
	}
}

// TestChangePointsFalseAlarms: at most about 5 % of series without a change
// are given one.
func TestChangePointsFalseAlarms(t *testing.T) {
	alarms := 0
	for seed := range uint64(200) {
		if len(ChangePoints(series(100+seed, 12, 50))) > 0 {
			alarms++
		}
	}
	if alarms > 20 { // 10 are expected; more than 20 have a probability of 0.1 %
		t.Errorf("%d of 200 series without a change were given one", alarms)
	}
}
