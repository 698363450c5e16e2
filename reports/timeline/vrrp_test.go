package timeline

import (
	"testing"
	"time"

	"anylab/lab/record"
)

// floating makes the record of a lab whose sites a and b hold the address by turns, and
// whose router asks on their segment who has it. Requests are lost from the fault, at
// 1000, until b has been served from on, and a serves again from back on.
func floating(kind string, on []string, served, back float64) *sim {
	s := newSim()
	top := &s.x.Topology
	top.Links = nil
	link := func(a, b, segment string) {
		l := record.Link{Name: a + "-" + b, Segment: segment, Ends: [2]record.LinkEnd{{Node: a, Dev: "eth0"}, {Node: b, Dev: "eth0"}}}
		if segment != "" {
			l.VRRP = &record.VRRP{ID: 51, Interval: time.Second, Preempt: true}
			for i, e := range l.Ends {
				l.Ends[i].Priority = map[string]int{"a": 150, "b": 100}[e.Node]
			}
		}
		top.Links = append(top.Links, l)
	}
	link("upstream", "a", "upstream-a-b")
	link("upstream", "b", "upstream-a-b")
	link("a", "b", "upstream-a-b")
	link("upstream", "london", "")
	s.emit(1, "upstream", record.Route{Prefix: anycast, Hops: []record.Hop{{Dev: "eth0"}}})
	s.holds(2, "a")
	s.trial(100, 1000, 5000, 12000, kind, on...)
	s.answer = func(_ int, t float64) string {
		switch {
		case t < 1000 || t >= back:
			return "a"
		case t >= served:
			return "b"
		}
		return ""
	}
	return s
}

// holds has the node take the address, and the router follow.
func (s *sim) holds(t float64, node string) {
	s.emit(t, node, record.Address{Prefix: anycast, Dev: "eth0"})
	s.finds(t+0.5, node)
}

// finds has the router lead to the node on its segment.
func (s *sim) finds(t float64, node string) {
	for flow := range 4 {
		s.emit(t, "upstream", record.Lookup{Dst: anycast.Addr(), Flow: flow, Hop: record.Hop{Node: node, Dev: "eth0"}})
	}
}

// advertises has the node send an advertisement, which the others hear.
func (s *sim) advertises(t float64, node string, priority uint8, hear ...string) {
	a := record.Advertisement{Segment: "upstream-a-b", From: node, ID: 51, Priority: priority}
	for _, other := range hear {
		s.emit(t+0.05, other, a)
	}
	a.Out = true
	s.emit(t, node, a)
}

func (s *sim) givesAway(t float64, node string) {
	s.emit(t, node, record.Address{Prefix: anycast, Dev: "eth0", Gone: true})
}

var vrrpCases = []struct {
	name           string
	kind           string
	on             []string
	served         float64
	events         func(s *sim)
	broken, mended string
}{
	{"the service dies: the other waits for its skew", "service-crash", []string{"a"}, 1760, func(s *sim) {
		s.emit(1150, "a", record.Health{Service: "dns", Reason: "refused"})
		s.givesAway(1151, "a")
		s.holds(1759, "b")
		s.emit(5100, "a", record.Health{Service: "dns", Healthy: true})
		s.holds(8500, "a")
		s.givesAway(8501, "b")
	},
		"inject 0.00, detect 150.00, announce 759.00, install 759.50, restore 760.20",
		"heal 0.00, detect 100.00, announce 3500.00, install 3500.50, restore 3501.20"},
	{"a check of its own daemon: what it gives away tells", "service-crash", []string{"a"}, 2760, func(s *sim) {
		s.givesAway(2151, "a")
		s.holds(2759, "b")
		s.holds(8500, "a")
	},
		"inject 0.00, detect 1151.00, announce 1759.00, install 1759.50, restore 1760.20",
		"heal 0.00, announce 3500.00, install 3500.50, restore 3501.20"},
	{"what is said is on the wire: a word, and the skew", "service-crash", []string{"a"}, 1760, func(s *sim) {
		s.emit(1150, "a", record.Health{Service: "dns", Reason: "refused"})
		s.advertises(1150.5, "a", 0, "b", "upstream")
		s.givesAway(1151, "a")
		s.advertises(1758.5, "b", 100, "a", "upstream")
		s.holds(1759, "b")
		s.emit(5100, "a", record.Health{Service: "dns", Healthy: true})
		s.advertises(8499.5, "a", 150, "b", "upstream")
		s.holds(8500, "a")
		s.givesAway(8501, "b")
	},
		"inject 0.00, detect 150.00, withdraw 150.50, receive 150.55, announce 758.50, install 759.50, restore 760.20",
		"heal 0.00, detect 100.00, announce 3499.50, receive 3499.55, install 3500.50, restore 3501.20"},
	{"a check of its own daemon: the word is the first that tells", "service-crash", []string{"a"}, 2760, func(s *sim) {
		s.advertises(2150.5, "a", 0, "b", "upstream")
		s.givesAway(2151, "a")
		s.advertises(2758.5, "b", 100, "a", "upstream")
		s.holds(2759, "b")
		s.advertises(8499.5, "a", 150, "b", "upstream")
		s.holds(8500, "a")
	},
		"inject 0.00, detect 1150.50, withdraw 1150.50, receive 1150.55, announce 1758.50, install 1759.50, restore 1760.20",
		"heal 0.00, announce 3499.50, receive 3499.55, install 3500.50, restore 3501.20"},
	{"no word: the other's is the first", "power-loss", []string{"a"}, 3760, func(s *sim) {
		s.emit(1000.1, "a", record.Carrier{Dev: "eth0", Peer: "upstream"})
		s.advertises(3758.5, "b", 100, "upstream")
		s.holds(3759, "b")
		s.advertises(8499.5, "a", 150, "b", "upstream")
		s.holds(8500, "a")
	},
		"inject 0.00, detect 2758.50, install 2759.50, restore 2760.20",
		"heal 0.00, announce 3499.50, receive 3499.55, install 3500.50, restore 3501.20"},
	{"a word that nobody hears is none", "blackhole", []string{"upstream", "a"}, 3760, func(s *sim) {
		s.advertises(1150.5, "a", 0)
		s.advertises(3758.5, "b", 100, "upstream")
		s.holds(3759, "b")
		s.advertises(8499.5, "a", 150, "b", "upstream")
		s.holds(8500, "a")
	},
		"inject 0.00, detect 2758.50, install 2759.50, restore 2760.20",
		"heal 0.00, announce 3499.50, receive 3499.55, install 3500.50, restore 3501.20"},
	{"silence: the other finds out by itself", "power-loss", []string{"a"}, 3760, func(s *sim) {
		s.emit(1000.1, "a", record.Carrier{Dev: "eth0", Peer: "upstream"})
		s.holds(3759, "b")
		s.holds(8500, "a")
	},
		"inject 0.00, detect 2759.00, install 2759.50, restore 2760.20",
		"heal 0.00, announce 3500.00, install 3500.50, restore 3501.20"},
	{"silence: the router's reader was faster than the other's", "power-loss", []string{"a"}, 3760, func(s *sim) {
		s.finds(3759.5, "b")
		s.emit(3759.8, "b", record.Address{Prefix: anycast, Dev: "eth0"})
		s.holds(8500, "a")
	},
		"inject 0.00, detect 2759.80, install 2759.50, restore 2760.20",
		"heal 0.00, announce 3500.00, install 3500.50, restore 3501.20"},
	{"what it gives away without a link, nobody hears", "link-down", []string{"upstream", "a"}, 3760, func(s *sim) {
		s.givesAway(1000.2, "a")
		s.emit(1000.3, "a", record.Carrier{Dev: "eth0", Peer: "upstream"}) // its reader was later
		s.holds(3759, "b")
		s.holds(8500, "a")
	},
		"inject 0.00, detect 2759.00, install 2759.50, restore 2760.20",
		"heal 0.00, announce 3500.00, install 3500.50, restore 3501.20"},
}

func TestStagesOfVRRP(t *testing.T) {
	for _, c := range vrrpCases {
		t.Run(c.name, func(t *testing.T) {
			s := floating(c.kind, c.on, c.served, 8501)
			c.events(s)
			s.probe(100, 12000)
			f := s.build(t)[0]
			if got := stages(f.Broken); got != c.broken {
				t.Errorf("after the fault: %s\nwant %s", got, c.broken)
			}
			if got := stages(f.Mended); got != c.mended {
				t.Errorf("after healing: %s\nwant %s", got, c.mended)
			}
			if f.Broken.EndedBy != ByFailover || !f.Broken.Rerouted {
				t.Errorf("ended by %q, rerouted %v", f.Broken.EndedBy, f.Broken.Rerouted)
			}
		})
	}
}
