package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// spread returns n values that follow the inverse distribution function as
// closely as n values can.
func spread(n int, inverse func(p float64) float64) []float64 {
	var v []float64
	for i := range n {
		v = append(v, inverse((float64(i)+0.5)/float64(n)))
	}
	return v
}

func uniform(low, high float64) func(float64) float64 {
	return func(p float64) float64 { return low + p*(high-low) }
}

// TestKolmogorovDistance compares with gonum's two-sample statistic, where the
// other sample is fine enough to stand for the distribution.
func TestKolmogorovDistance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	fine := spread(100_000, uniform(0, 1))
	weights := make([]float64, len(fine))
	for i := range weights {
		weights[i] = 1
	}
	for n := range 20 {
		var v []float64
		for range n + 1 {
			v = append(v, math.Pow(random.Float64(), 1.5))
		}
		d, _ := Kolmogorov(v, v, Uniform(0, 1))
		ranked, _ := rank(v, 0)
		if want := stat.KolmogorovSmirnov(ranked, nil, fine, nil); math.Abs(d-want) > 1e-4 {
			t.Errorf("n = %d: distance %v, gonum says %v", n+1, d, want)
		}
	}
}

// TestKolmogorovCriticalValues uses the exact table of Smirnov (1948) as
// printed in textbooks.
func TestKolmogorovCriticalValues(t *testing.T) {
	for _, c := range []struct{ n, d, p float64 }{
		{10, 0.409, 0.05}, {20, 0.294, 0.05}, {30, 0.242, 0.05}, {30, 0.290, 0.01}, {50, 0.188, 0.05},
	} {
		if p := exceeded(c.d, c.n); math.Abs(p-c.p) > 0.1*c.p {
			t.Errorf("n = %v, d = %v: p = %v, want %v", c.n, c.d, p, c.p)
		}
	}
	if p := exceeded(0, 30); p != 1 {
		t.Errorf("no distance has probability %v", p)
	}
	if d, p := Kolmogorov([]float64{math.NaN()}, []float64{math.NaN()}, Uniform(0, 1)); d != 0 || p != 1 {
		t.Errorf("no values: %v, %v", d, p)
	}
}

// TestKolmogorovFalseAlarms: what comes from the distribution is rejected as
// often as the level says, and no more often with slack and delays.
func TestKolmogorovFalseAlarms(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const runs, n = 4000, 30
	exact, delayed := 0, 0
	for range runs {
		var v, early, late []float64
		for range n {
			x := 100 + 50*random.Float64()
			seen := x + 5*random.Float64() // 0 to 5 late
			v, early, late = append(v, x), append(early, seen-5), append(late, seen)
		}
		if _, p := Kolmogorov(v, v, Uniform(100, 150)); p < 0.05 {
			exact++
		}
		if _, p := Kolmogorov(early, late, Uniform(100, 150)); p < 0.05 {
			delayed++
		}
	}
	if exact < runs*3/100 || exact > runs*7/100 {
		t.Errorf("%d of %d rejected at 5 %%", exact, runs)
	}
	if delayed > runs*6/100 {
		t.Errorf("%d of %d delayed ones rejected at 5 %%", delayed, runs)
	}
}

// TestJitteredRest compares with a simulation of jittered packets.
func TestJitteredRest(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const interval, multiplier = 50.0, 3
	cdf := JitteredRest(100, 150)
	var v []float64
	sum := 0.0
	for range 20_000 {
		fault := 5000 + 1000*random.Float64()
		last := 0.0
		for next := 0.0; next < fault; next += interval * (0.75 + 0.25*random.Float64()) {
			last = next
		}
		v = append(v, last+multiplier*interval-fault)
		sum += fault - last
	}
	if d, p := Kolmogorov(v, v, cdf); p < 0.001 {
		t.Errorf("the simulation differs by %v, p = %v", d, p)
	}
	if mean := sum / float64(len(v)) / interval; math.Abs(mean-0.4405) > 0.01 {
		t.Errorf("mean age %v intervals, want 0.4405", mean)
	}
	if cdf(99) != 0 || cdf(150) != 1 {
		t.Errorf("%v below the bounds, %v above", cdf(99), cdf(150))
	}
	var first []float64
	for i := 1; i < len(v); i += 2 {
		first = append(first, min(v[i-1], v[i]))
	}
	if d, p := Kolmogorov(first, first, First(cdf)); p < 0.001 {
		t.Errorf("the earlier of two differs by %v, p = %v", d, p)
	}
	// It is not the uniform one: that many values tell them apart.
	if _, p := Kolmogorov(v, v, Uniform(100, 150)); p > 1e-6 {
		t.Errorf("p = %v for the uniform distribution", p)
	}
}
