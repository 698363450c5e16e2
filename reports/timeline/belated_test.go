package timeline

import (
	"testing"
	"time"
)

// frozen is a site that answers nobody for 1100 ms, and then whatever it had been
// sent; the client has given up by then on what it sent in the first 100 ms.
// Another site serves its flows since the given time. Of the rest a third one is
// in charge.
func frozen(s *sim, flows int, other float64) {
	s.route(1, "a")
	s.trial(10, 1000, 2100, 5000, "hang", "a")
	s.answer = func(flow int, t float64) string {
		switch {
		case flow >= flows:
			return "c"
		case t >= 1000 && t < 1100:
			return ""
		case t < other || t >= 3000:
			return "a"
		}
		return "b"
	}
	s.probe(0.5, 5010)
	for i, p := range s.samples {
		if p.Node == "a" && p.Sent >= at(1000) && p.Sent < at(2100) {
			s.samples[i].Received = at(2100.2)
		}
	}
}

// That the healed site answers in the end what it was sent before another took
// over is no repair: by then the outage was long over.
func TestBelatedAnswersEndNoOutage(t *testing.T) {
	for _, c := range []struct {
		flows int
		width time.Duration
	}{{16, 3 * ms}, {8, 33 * ms}} {
		s := newSim()
		for i := range s.x.Topology.Nodes {
			s.x.Topology.Nodes[i].Multipath = true
		}
		s.route(1159.5, "b")
		frozen(s, c.flows, 1160)
		f := s.build(t)[0]
		e := f.Broken
		if e.EndedBy != ByFailover || !e.Restored || !e.Rerouted || e.Lost == 0 || e.Lost > 100 {
			t.Errorf("%d flows: ended by %s, restored %v, rerouted %v, %d lost; want a failover, at most 100 lost", c.flows, e.EndedBy, e.Restored, e.Rerouted, e.Lost)
		}
		checkBounds(t, e.Outage, 160, c.width)
		checkBounds(t, f.Interruption().Interval, 160, c.width)
		if g := e.Groups[0]; g.Gaps != 1 || g.Together != (c.flows == s.group.Flows) || g.EdgeBlur > ms {
			t.Errorf("%d flows: %+v; want one gap with sharp edges", c.flows, g)
		}
		if o := f.Mended.Outage; o.Value != 0 || o.Open {
			t.Errorf("%d flows: failback outage %+v, want none", c.flows, o)
		}
		if r := e.Stages[len(e.Stages)-1]; r.Name != Restore || r.At > at(1200) {
			t.Errorf("%d flows: %s at %v, want restored by the other site", c.flows, r.Name, r.At)
		}
	}
}

// Where nobody had taken over before the healing, the belated answers are the
// repair's, whoever serves afterwards.
func TestBelatedAnswersOfARepair(t *testing.T) {
	for _, other := range []float64{2101, 2900} {
		s := newSim()
		s.route(other-0.5, "b")
		frozen(s, s.group.Flows, other)
		if e := s.build(t)[0].Broken; e.EndedBy != ByRepair || !e.Outage.Open || e.Restored {
			t.Errorf("another site after %v ms: ended by %s, restored %v, outage %+v; want a repair", other-1000, e.EndedBy, e.Restored, e.Outage)
		}
	}
}
