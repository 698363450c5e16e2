package timeline

import (
	"net/netip"
	"testing"
	"time"

	"anylab/lab/record"
)

// crashed is a service crash that everything of it was seen of: detection at
// 600, withdrawal at 601, the route at 602, service again at 603.
func crashed() *sim {
	s := newSim()
	s.route(1, "a")
	s.trial(100, 500, 2500, 4000, "service-crash", "a")
	s.emit(600, "a", record.Health{Service: "dns"})
	s.bgp(601, record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Withdraw: []netip.Prefix{anycast}})
	s.route(602, "b")
	s.answer = func(_ int, t float64) string {
		switch {
		case t >= 500 && t < 602.5:
			return ""
		case t >= 602.5 && t < 2700:
			return "b"
		}
		return "a"
	}
	s.probe(0, 4010)
	return s
}

func (s *sim) load(from, to float64, waited time.Duration) {
	s.events = append(s.events, record.Event{At: at(to), Kind: record.KindLoad, Data: record.Load{From: at(from),
		Waits: []record.Wait{{Role: record.Sending, For: time.Second}, {Role: record.Observing, For: waited}}}})
}

func TestStagesAreBoundedByWhatStampedThem(t *testing.T) {
	type span struct{ low, high time.Duration }
	us := time.Microsecond
	for _, c := range []struct {
		name string
		load func(s *sim)
		want map[StageName]span
	}{
		{"nobody waited", func(s *sim) { s.load(550, 650, 0) }, map[StageName]span{
			Inject:   {-100 * us, 0},
			Detect:   {100*ms - waking, 100*ms + 100*us},
			Withdraw: {101*ms - mapping, 101*ms + mapping + 100*us},
			Receive:  {101*ms + 50*us - mapping, 101*ms + 50*us + mapping + 100*us},
			Install:  {102*ms - waking, 102*ms + 100*us},
			Restore:  {102 * ms, 103*ms + 200*us + mapping + 100*us}, // not before the last loss
		}},
		{"a reader waited: not before the cause", func(s *sim) { s.load(550, 650, 20*ms) }, map[StageName]span{
			Detect:  {80*ms - waking, 100*ms + 100*us},
			Install: {101*ms + 50*us - mapping, 102*ms + 100*us},
		}},
		{"it may have begun to wait before the sample", func(s *sim) { s.load(500, 595, 7*ms); s.load(595, 650, 6*ms) }, map[StageName]span{
			Detect: {87*ms - waking, 100*ms + 100*us},
		}},
		{"the load is not known", func(*sim) {}, map[StageName]span{
			Detect:  {0, 100*ms + 100*us},
			Install: {101*ms + 50*us - mapping, 102*ms + 100*us},
		}},
	} {
		s := crashed()
		c.load(s)
		e := s.build(t)[0].Broken
		seen := map[StageName]span{}
		for _, st := range e.Stages {
			low, high := e.Bounds(st)
			seen[st.Name] = span{low, high}
			if at := st.At.Sub(e.Zero); st.Name != Inject && (at < low || at > high) {
				t.Errorf("%s: %s at %v is not within its bounds %v to %v", c.name, st.Name, at, low, high)
			}
		}
		for name, want := range c.want {
			if seen[name] != want {
				t.Errorf("%s: %s %v, want %v", c.name, name, seen[name], want)
			}
		}
	}
}

// A call that was slow to come back, such as a kill whose caller lost its
// processor: the first lost request says when it took effect.
func TestALostRequestNarrowsTheBracket(t *testing.T) {
	s := crashed()
	for i, e := range s.events {
		if f, ok := e.Data.(record.Fault); ok && f.Phase == record.FaultEffective {
			s.events[i].At = at(590)
		}
	}
	e := s.build(t)[0].Broken
	// Requests leave every millisecond: the one of 500 was the first to be lost,
	// within the round trip of 0.2 ms.
	if want := at(500.2); e.Zero != want {
		t.Errorf("time zero at %v, want %v", e.Zero, want)
	}
	if e.Bracket != e.Zero.Sub(at(499.9)) {
		t.Errorf("bracket %v does not begin with the call", e.Bracket)
	}
}
