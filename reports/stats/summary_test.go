package stats

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func upTo(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(n - i) // unsorted: largest first
	}
	return v
}

func TestSummarise(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name     string
		values   []float64
		censored int
		want     Summary
		warned   []string // a part of each warning, in order
	}{
		{"empty", nil, 0,
			Summary{0, 0, nan, nan, nan, nan, nan, nan, [2]float64{nan, nan}, nil},
			[]string{"no values"}},
		{"only NaN", []float64{nan}, 0,
			Summary{0, 0, nan, nan, nan, nan, nan, nan, [2]float64{nan, nan}, nil},
			[]string{"1 values are not numbers", "no values"}},
		{"one", []float64{7}, 0,
			Summary{1, 0, 7, 7, 7, 7, 7, 7, [2]float64{-inf, inf}, nil},
			[]string{"median: need >= 6", "p90", "p95", "p99"}},
		{"even", []float64{4, 1, 3, 2}, 0,
			Summary{4, 0, 1, 2.5, 4, 4, 4, 4, [2]float64{-inf, inf}, nil},
			[]string{"median: need", "p90", "p95", "p99"}},
		{"half of them 0", []float64{0, 420, 0, 400}, 0, // as the manual has it
			Summary{4, 0, 0, 200, 420, 420, 420, 420, [2]float64{-inf, inf}, nil},
			[]string{"median: need", "p90", "p95", "p99"}},
		// For n = 6, P(min < median < max) = 1 - 2/2^6 = 96.9 %.
		{"six bound the median", upTo(6), 0,
			Summary{6, 0, 1, 3.5, 6, 6, 6, 6, [2]float64{1, 6}, nil},
			[]string{"p90", "p95", "p99"}},
		{"p90 supported", upTo(29), 0,
			Summary{29, 0, 1, 15, 27, 28, 29, 29, [2]float64{9, 20}, nil},
			[]string{"p95", "p99"}},
		{"everything supported", upTo(299), 0,
			Summary{299, 0, 1, 150, 270, 285, 297, 299, [2]float64{133, 167}, nil}, nil},
		{"NaN among values", []float64{2, nan, 1, 3}, 0,
			Summary{3, 0, 1, 2, 3, 3, 3, 3, [2]float64{-inf, inf}, nil},
			[]string{"1 values are not numbers", "median", "p90", "p95", "p99"}},
		{"one censored, odd", []float64{1, 2}, 1,
			Summary{3, 1, 1, 2, inf, inf, inf, inf, [2]float64{-inf, inf}, nil},
			[]string{"median", "p90", "p95", "p99", "1 of 3"}},
		{"half censored", []float64{1, 2}, 2,
			Summary{4, 2, 1, inf, inf, inf, inf, inf, [2]float64{-inf, inf}, nil},
			[]string{"median", "p90", "p95", "p99", "2 of 4"}},
		{"all censored", nil, 6,
			Summary{6, 6, inf, inf, inf, inf, inf, inf, [2]float64{inf, inf}, nil},
			[]string{"p90", "p95", "p99", "6 of 6"}},
		{"negative count of censored", []float64{5}, -1,
			Summary{1, 0, 5, 5, 5, 5, 5, 5, [2]float64{-inf, inf}, nil},
			[]string{"median", "p90", "p95", "p99"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Summarise(tt.values, tt.censored)
			checkWarnings(t, got.Warnings, tt.warned)
			got.Warnings = nil
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
		})
	}
}

func checkWarnings(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("warnings %q, want ones with %q", got, want)
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("warning %q lacks %q", got[i], want[i])
		}
	}
}

func TestSummariseKeepsItsInput(t *testing.T) {
	values := []float64{3, 1, 2}
	Summarise(values, 1)
	if diff := cmp.Diff([]float64{3, 1, 2}, values); diff != "" {
		t.Errorf("input changed (-want +got):\n%s", diff)
	}
}

func TestMinTrials(t *testing.T) {
	for p, want := range map[float64]int{0.90: 29, 0.95: 59, 0.99: 299} {
		if got := MinTrials(p); got != want {
			t.Errorf("MinTrials(%v) = %d, want %d", p, got, want)
		}
	}
}

func TestZeroViolations(t *testing.T) {
	if got := ZeroViolations(0); got != 1 {
		t.Errorf("nothing tried: %v, want 1", got)
	}
	for _, n := range []int{20, 100, 1000} {
		if got, rule := ZeroViolations(n), 3/float64(n); got > rule || got < 0.9*rule {
			t.Errorf("n = %d: %v, want just below %v", n, got, rule)
		}
	}
}

func TestFinite(t *testing.T) {
	for v, want := range map[float64]bool{0: true, -1e300: true, math.Inf(1): false, math.Inf(-1): false, math.NaN(): false} {
		if Finite(v) != want {
			t.Errorf("Finite(%v) = %v", v, !want)
		}
	}
}
