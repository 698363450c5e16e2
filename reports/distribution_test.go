package reports

import (
	"math/rand/v2"
	"strings"
	"testing"

	"anylab/lab/record"
)

// detecting is a run of n trials whose detection times at draws.
func detecting(n int, theory *record.Bounds, at func() float64) story {
	s := story{scenario: "service-crash", outcome: "completed", rate: 100, flows: 1, theory: theory}
	for range n {
		d := at()
		s.trials = append(s.trials, tale{detect: d, outage: d + 2})
	}
	return s
}

func TestDistributionOfDetection(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	uniform := &record.Bounds{Low: 100, High: 200, Why: "a check each 100 ms", Shape: record.Uniform}
	fair := func() float64 { return 100.5 + 100*random.Float64() }
	aliased := func() float64 { return 180 + 5*random.Float64() }
	jittered := func() float64 {
		for { // rejection: the density of the age falls from 0.75 of the interval on
			if age := random.Float64(); random.Float64() < min(1, 4*(1-age)) {
				return 200.5 - 100*age
			}
		}
	}
	shape := func(s record.Shape) *record.Bounds {
		b := *uniform
		b.Shape = s
		return &b
	}
	for _, c := range []struct {
		name string
		s    story
		want string // a part of the finding; empty: none
	}{
		{"as it should be", detecting(60, uniform, fair), "are distributed as theory says, uniformly from 100.0 to 200.0 ms"},
		{"in step with the timer", detecting(60, uniform, aliased), "are not distributed as theory says"},
		{"29 are too few", detecting(29, uniform, aliased), ""},
		{"30 are enough", detecting(30, uniform, aliased), "n = 30"},
		{"no shape is stated", detecting(40, shape(""), aliased), ""},
		{"an unknown shape", detecting(40, shape("bell"), aliased), ""},
		{"jittered", detecting(60, shape(record.Jittered), jittered), "are distributed as theory says, by a timer with jitter"},
		{"the first of two", detecting(60, shape(record.JitteredFirst), func() float64 { return min(jittered(), jittered()) }), "are distributed as theory says, by the earlier"},
		{"one of two is not enough", detecting(300, shape(record.JitteredFirst), jittered), "are not distributed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.s.load(t)
			got := ""
			for _, f := range r.Result.Findings {
				if f.Name == "distribution" {
					got = f.Detail
					if f.Severity != Note {
						t.Errorf("severity %s", f.Severity)
					}
				}
			}
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("finding %q, want %q", got, c.want)
			}
		})
	}
}
