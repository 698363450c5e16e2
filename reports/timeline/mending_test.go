package timeline

import (
	"slices"
	"testing"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
)

// A site on standby appears: it is announced, received and installed; when it is
// healed it is taken back.
func TestStagesOfASiteThatAppears(t *testing.T) {
	s := newSim()
	s.route(1, "b")
	s.trial(10, 1000, 4000, 6000, "announce-elsewhere", "a")
	s.bgp(1001, announce)
	s.route(1002, "a")
	s.bgp(4001, withdraw)
	s.route(4002, "b")
	s.answer = func(_ int, t float64) string {
		if t >= 1002 && t < 4002 {
			return "a"
		}
		return "b"
	}
	s.probe(0.5, 6000)
	f := s.build(t)[0]
	if d := cmp.Diff("inject 0.00, announce 1.00, receive 1.05, install 2.00, restore 2.70", stages(f.Broken)); d != "" {
		t.Errorf("after the announcement (-want +got):\n%s", d)
	}
	if d := cmp.Diff("heal 0.00, withdraw 1.00, receive 1.05, install 2.00, restore 2.70", stages(f.Mended)); d != "" {
		t.Errorf("after the withdrawal (-want +got):\n%s", d)
	}
	if !slices.Equal(f.Broken.Routers, []string{"upstream"}) {
		t.Errorf("routers %v", f.Broken.Routers)
	}
}

// A site that serves nobody and is broken does not appear by that, even if the
// traffic of another comes to it meanwhile.
func TestATakeoverIsNoAppearance(t *testing.T) {
	s := newSim()
	s.route(1, "b")
	s.trial(10, 1000, 4000, 6000, "service-slow", "a")
	s.route(2000, "a")
	s.probe(0.5, 6000)
	if got, want := stages(s.build(t)[0].Broken), "inject 0.00"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// twoFaults breaks a at 1000 and b at 1500, and heals them when it is said.
func twoFaults(s *sim, healA, healB float64, onB string) {
	s.route(1, "a")
	s.emit(10, "", record.Trial{Phase: record.TrialBegin})
	step := func(t float64, id int, on string, phase record.FaultPhase) {
		s.emit(t, "", record.Fault{ID: id, Kind: "service-crash", On: []string{on}, Phase: phase})
	}
	for id, f := range []struct {
		on           string
		broken, heal float64
	}{{"a", 1000, healA}, {onB, 1500, healB}} {
		step(f.broken-0.1, id, f.on, record.FaultInject)
		step(f.broken, id, f.on, record.FaultEffective)
		step(f.heal-0.1, id, f.on, record.FaultHeal)
		step(f.heal, id, f.on, record.FaultHealed)
	}
	s.emit(6000, "", record.Trial{Phase: record.TrialEnd})
}

// returns emits what a site that is healed makes others do: it is healthy at t,
// announces itself and, if it is preferred, gets the traffic.
func (s *sim) returns(t float64, node string, preferred bool) {
	s.emit(t, node, record.Health{Service: "dns", Healthy: true})
	m := announce
	m.From = node
	s.bgp(t+0.5, m)
	if preferred {
		s.route(t+1, node)
	}
}

// serves says from when on which node answers.
type serves struct {
	from float64
	node string
}

func (s *sim) served(by ...serves) {
	s.answer = func(_ int, t float64) string {
		node := ""
		for _, b := range by {
			if t >= b.from {
				node = b.node
			}
		}
		return node
	}
}

// Several faults that are healed together, one right after another: the stages are those of the
// healing that moved the traffic first, in causal order, whichever comes last.
func TestStagesAfterSeveralHealings(t *testing.T) {
	for _, c := range []struct {
		name   string
		onB    string
		a, b   float64
		events func(s *sim)
		want   string
		zero   float64
	}{
		{"the second is healed first, and serves until the first is back", "b", 4000, 3950, func(s *sim) {
			s.route(1003, "b")
			s.route(1503, "c")
			s.returns(3951, "b", true)
			s.returns(4001, "a", true)
			s.served(serves{0, "a"}, serves{1003, "b"}, serves{1503, "c"}, serves{3952, "b"}, serves{4002, "a"})
		}, "heal 0.00, detect 1.00, announce 1.50, receive 1.55, install 2.00, restore 2.70", 3950},
		{"the first is healed first; the other moves nothing", "b", 3950, 4000, func(s *sim) {
			s.route(1003, "b")
			s.route(1503, "c")
			s.returns(3951, "a", true)
			s.returns(4001, "b", false)
			s.served(serves{0, "a"}, serves{1003, "b"}, serves{1503, "c"}, serves{3952, "a"})
		}, "heal 0.00, detect 1.00, announce 1.50, receive 1.55, install 2.00, restore 2.70", 3950},
		{"slow to come back, while another is healed", "b", 3950, 4000, func(s *sim) {
			s.route(1003, "c")
			s.returns(4501, "a", true)
			s.returns(4701, "b", false)
			s.served(serves{0, "a"}, serves{1003, "c"}, serves{4502, "a"})
		}, "heal 0.00, detect 551.00, announce 551.50, receive 551.55, install 552.00, restore 552.70", 3950},
		{"both at one node, which needs both healings", "a", 3950, 4000, func(s *sim) {
			s.emit(3950.5, "upstream", record.Carrier{Dev: "eth0", Peer: "a", Up: true})
			s.route(1003, "b")
			s.returns(4001, "a", true)
			s.served(serves{0, "a"}, serves{1003, "b"}, serves{4002, "a"})
		}, "heal 0.00, detect 1.00, announce 1.50, receive 1.55, install 2.00, restore 2.70", 4000},
		{"the last healing cuts users off", "b", 4000, 3950, func(s *sim) {
			s.route(1003, "b")
			s.route(1503, "c")
			s.returns(3951, "b", true)
			s.returns(4001, "a", true)
			s.served(serves{0, "a"}, serves{1003, "b"}, serves{1503, "c"}, serves{3952, "b"}, serves{4002, ""}, serves{4052, "a"})
		}, "heal 0.00, detect 1.00, announce 1.50, receive 1.55, install 2.00, restore 52.70", 4000},
		{"nothing moves: the last counts", "b", 3950, 4000, func(s *sim) {
			s.served(serves{0, "c"})
		}, "heal 0.00", 4000},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSim()
			twoFaults(s, c.a, c.b, c.onB)
			c.events(s)
			s.probe(0.5, 6000)
			f := s.build(t)[0]
			if d := cmp.Diff(c.want, stages(f.Mended)); d != "" {
				t.Errorf("after healing (-want +got):\n%s", d)
			}
			if f.Mended.Zero != at(c.zero) {
				t.Errorf("dated from %d, want the healing at %d", f.Mended.Zero, at(c.zero))
			}
		})
	}
}
