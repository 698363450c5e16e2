package timeline

import (
	"math/rand/v2"
	"testing"
	"time"
)

// crash is a service crash at 1000 ms that loses what is sent for the given
// time, mended at 4000 ms.
func crash(s *sim, outage float64) {
	s.route(1, "a")
	s.trial(10, 1000, 4000, 6000, "service-crash", "a")
	s.answer = func(_ int, t float64) string {
		switch {
		case t < 1000:
			return "a"
		case t < 1000+outage:
			return ""
		case t < 4002:
			return "b"
		}
		return "a"
	}
}

func TestOutageOfKnownLength(t *testing.T) {
	for _, c := range []struct {
		name             string
		outage           float64
		value, low, high time.Duration
	}{
		{"none", 0, 0, 0, 1 * ms},
		{"3 ms is 3, 2 to 4", 3, 3 * ms, 2 * ms, 4 * ms},
		{"100 ms", 100, 100 * ms, 99 * ms, 101 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSim()
			crash(s, c.outage)
			s.probe(0.5, 6000)
			f := s.build(t)[0]
			want := Interval{Value: c.value, Low: c.low, High: c.high}
			if f.Broken.Outage != want {
				t.Errorf("outage %+v, want %+v", f.Broken.Outage, want)
			}
			if !f.Broken.Restored || !f.Broken.Rerouted || !f.Broken.Sustained {
				t.Errorf("restored %v rerouted %v sustained %v, want all", f.Broken.Restored, f.Broken.Rerouted, f.Broken.Sustained)
			}
			if f.Mended.Outage.Value != 0 || !f.Mended.Rerouted {
				t.Errorf("failback outage %+v rerouted %v, want 0 and true", f.Mended.Outage, f.Mended.Rerouted)
			}
		})
	}
}

// The truth lies within the bounds whatever the phase and the lateness of the
// sender, and the bounds are no wider than the sending allows.
func TestOutageBoundsHoldTheTruth(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 120 {
		s := newSim()
		truth := rnd.Float64() * 60
		crash(s, truth)
		s.jitter = func() float64 { return rnd.Float64() * 0.9 }
		s.probe(rnd.Float64()*5, 5900)
		o := s.build(t)[0].Broken.Outage
		checkBounds(t, o, truth, 4*ms)
	}
}

// With flows over several nodes each flow has its own fate, and the bounds
// are those of single flows.
func TestOutageBoundsOfSeparateFlows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 120 {
		s := newSim()
		for i := range s.x.Topology.Nodes {
			s.x.Topology.Nodes[i].Multipath = true
		}
		crash(s, 0)
		var worst float64
		ends := make([]float64, s.group.Flows)
		for i := range ends {
			if i%3 == 0 {
				ends[i] = rnd.Float64() * 60
				worst = max(worst, ends[i])
			}
		}
		s.answer = func(flow int, t float64) string {
			switch {
			case flow%3 != 0:
				return "c"
			case t < 1000 || t >= 4000:
				return "a"
			case t < 1000+ends[flow]:
				return ""
			}
			return "b"
		}
		s.probe(rnd.Float64()*16, 5900)
		f := s.build(t)[0]
		checkBounds(t, f.Broken.Outage, worst, 33*ms)
		if g := f.Broken.Groups[0]; g.Together || g.Affected > 6 {
			t.Fatalf("together %v, %d flows affected; want separate, at most 6", g.Together, g.Affected)
		}
	}
}

func checkBounds(t *testing.T, o Interval, truthMS float64, width time.Duration) {
	t.Helper()
	truth := time.Duration(truthMS * 1e6)
	if o.Open || truth < o.Low || truth > o.High || o.Value < o.Low || o.Value > o.High {
		t.Fatalf("true outage %v is outside of %+v", truth, o)
	}
	if o.High-o.Low > width {
		t.Fatalf("bounds %+v are wider than %v", o, width)
	}
}

func TestLossDerivedIsUnbiased(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	var sum time.Duration
	const n = 100
	for range n {
		s := newSim()
		crash(s, 7.5)
		s.probe(rnd.Float64(), 5900)
		sum += s.build(t)[0].Broken.Groups[0].LossDerived
	}
	if mean := sum / n; mean < 7300*time.Microsecond || mean > 7700*time.Microsecond {
		t.Errorf("mean loss-derived outage %v, want 7.5 ms", mean)
	}
}

func TestNotRestored(t *testing.T) {
	s := newSim()
	crash(s, 3000)
	s.answer = func(_ int, t float64) string {
		if t >= 1000 && t < 4000 {
			return ""
		}
		return "a"
	}
	s.probe(0.5, 6000)
	e := s.build(t)[0].Broken
	if e.Restored || !e.Outage.Open || e.Rerouted || e.Switch != nil {
		t.Errorf("restored %v, outage %+v, rerouted %v, switch %v; want an open outage", e.Restored, e.Outage, e.Rerouted, e.Switch)
	}
	if e.EndedBy != ByRepair || e.Outage.Low < 2990*ms || e.Outage.Value < 2990*ms || e.Outage.Value > 3001*ms {
		t.Errorf("known to last %v, want about 3 s", e.Outage.Value)
	}
}
