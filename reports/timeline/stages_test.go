package timeline

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
)

// stages renders an episode's stages in milliseconds after its zero.
func stages(e Episode) string {
	var b []string
	for _, s := range e.Stages {
		b = append(b, fmt.Sprintf("%s %.2f", s.Name, float64(s.At-e.Zero)/1e6))
	}
	return strings.Join(b, ", ")
}

var (
	withdraw = record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Withdraw: []netip.Prefix{anycast}}
	announce = record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Announce: []netip.Prefix{anycast}}
)

var stageCases = []struct {
	name           string
	kind           string
	on             []string
	outage         float64
	events         func(s *sim)
	broken, mended string
}{
	{"service crash", "service-crash", []string{"a"}, 104, func(s *sim) {
		s.emit(1101, "a", record.Health{Service: "dns", Reason: "refused"})
		s.bgp(1102, withdraw)
		s.route(1103, "b")
		s.emit(4001, "a", record.Health{Service: "dns", Healthy: true})
		s.bgp(4001.2, announce)
		s.route(4001.5, "a")
	},
		"inject 0.00, detect 101.00, withdraw 102.00, receive 102.05, install 103.00, restore 104.70",
		"heal 0.00, detect 1.00, announce 1.20, receive 1.25, install 1.50, restore 2.70"},
	{"a checker of the user's sets the interface down: nothing else tells", "service-crash", []string{"a"}, 154, func(s *sim) {
		s.emit(1050, "b", record.Carrier{Dev: "anycast0"}) // somebody else's
		s.emit(1100, "a", record.Carrier{Dev: "anycast0"})
		s.bgp(1151, withdraw)
		s.route(1153, "b")
		s.emit(4000.5, "a", record.Carrier{Dev: "anycast0", Up: true})
		s.bgp(4001.2, announce)
		s.route(4001.5, "a")
	},
		"inject 0.00, detect 100.00, withdraw 151.00, receive 151.05, install 153.00, restore 154.70",
		"heal 0.00, detect 0.50, announce 1.20, receive 1.25, install 1.50, restore 2.70"},
	{"link down: the router sees it, no message is needed", "link-down", []string{"upstream", "a"}, 1, func(s *sim) {
		s.emit(1000.4, "upstream", record.Carrier{Dev: "eth0", Peer: "a"})
		s.bgp(1000.5, record.BGP{From: "a", To: "upstream", Type: record.BGPFin})
		s.route(1000.8, "b")
		s.emit(4000.4, "upstream", record.Carrier{Dev: "eth0", Peer: "a", Up: true})
		s.bgp(4001.5, announce)
		s.route(4001.8, "a")
	},
		"inject 0.00, detect 0.40, install 0.80, restore 1.70",
		"heal 0.00, detect 0.40, announce 1.50, receive 1.55, install 1.80, restore 2.70"},
	{"behind a switch: the site sees its end go, and can tell nobody", "link-down", []string{"upstream", "a"}, 904, func(s *sim) {
		s.emit(1000.1, "a", record.Carrier{Dev: "eth0", Peer: "upstream"})
		s.bgp(1900, record.BGP{From: "upstream", To: "a", Type: record.BGPNotification, Code: 4})
		s.route(1902, "b")
		s.emit(4000.4, "a", record.Carrier{Dev: "eth0", Peer: "upstream", Up: true})
		s.bgp(4001.5, announce)
		s.route(4001.8, "a")
	},
		"inject 0.00, detect 900.00, install 902.00, restore 904.70",
		"heal 0.00, detect 0.40, announce 1.50, receive 1.55, install 1.80, restore 2.70"},
	{"daemon kill: the end of the session takes the route back", "daemon-kill", []string{"a"}, 0, func(s *sim) {
		s.bgp(1000.2, record.BGP{From: "a", To: "upstream", Type: record.BGPFin})
		s.route(1001, "b")
	},
		"inject 0.00, detect 0.20, withdraw 0.20, receive 0.25, install 1.00, restore 0.70",
		"heal 0.00, restore 2.70"},
	{"withdrawn by command, seen within the call's bracket", "withdraw", []string{"a"}, 0, func(s *sim) {
		s.bgp(999.95, withdraw)
		s.route(1000.4, "b")
	},
		"inject 0.00, withdraw 0.00, receive 0.05, install 0.45, restore 0.75",
		"heal 0.00, restore 2.70"},
	{"drained: the withdrawal comes when traffic has moved", "drain", []string{"a"}, 0, func(s *sim) {
		s.bgp(999.95, announce) // with the community GRACEFUL_SHUTDOWN
		s.route(1000.4, "b")
		s.bgp(1500, withdraw)
	},
		"inject 0.00, install 0.40, restore 0.70",
		"heal 0.00, restore 2.70"},
	{"drained, and withdrawn by the address's interface", "drain", []string{"a"}, 0, func(s *sim) {
		s.bgp(999.95, announce)
		s.route(1000.4, "b")
		s.emit(1499, "a", record.Carrier{Dev: "anycast0"})
		s.bgp(1500, withdraw)
	},
		"inject 0.00, install 0.40, restore 0.70",
		"heal 0.00, restore 2.70"},
	{"withdrawn by the address's interface", "service-crash", []string{"a"}, 0, func(s *sim) {
		s.emit(1400, "a", record.Carrier{Dev: "anycast0"})
		s.bgp(1401, withdraw)
		s.route(1402, "b")
	},
		"inject 0.00, detect 400.00, withdraw 401.00, receive 401.05, install 402.00, restore 0.70",
		"heal 0.00, restore 2.70"},
	{"hold timer: the router ends the session itself", "service-crash", []string{"a"}, 0, func(s *sim) {
		s.bgp(1500, record.BGP{From: "upstream", To: "a", Type: record.BGPNotification, Code: 4})
		s.bgp(1501, record.BGP{From: "a", To: "upstream", Type: record.BGPFin})
		s.route(1502, "b")
	},
		"inject 0.00, detect 500.00, install 502.00, restore 0.70",
		"heal 0.00, restore 2.70"},
	{"hold timer: the NOTIFICATION never gets out, but others are told", "blackhole", []string{"upstream", "a"}, 0, func(s *sim) {
		s.emit(3500, "upstream", record.BGP{From: "upstream", To: "b", Out: true, Type: record.BGPUpdate, Withdraw: []netip.Prefix{anycast}})
		s.route(3502, "b")
	},
		"inject 0.00, detect 2500.00, install 2502.00, restore 0.70",
		"heal 0.00, restore 2.70"},
	{"other attributes: nobody has to detect what they are told", "attribute-change", []string{"a"}, 0, func(s *sim) {
		s.bgp(1000.2, announce)
		s.emit(1000.3, "upstream", record.BGP{From: "upstream", To: "b", Out: true, Type: record.BGPUpdate, Withdraw: []netip.Prefix{anycast}})
		s.route(1000.5, "b")
	},
		"inject 0.00, install 0.50, restore 0.70",
		"heal 0.00, restore 2.70"},
	{"the route is taken away first, and led elsewhere later", "link-down", []string{"upstream", "a"}, 0, func(s *sim) {
		s.emit(1000.1, "upstream", record.Carrier{Dev: "eth0", Peer: "a"})
		s.route(1000.9)
		s.emit(1001, "upstream", record.Lookup{Dst: anycast.Addr()})
		s.route(1071, "b")
	},
		"inject 0.00, detect 0.10, install 71.00, restore 0.70",
		"heal 0.00, restore 2.70"},
	{"BFD", "link-drop", []string{"upstream", "a"}, 0, func(s *sim) {
		s.emit(1240, "upstream", record.BFD{From: "upstream", To: "a", Out: true, State: "down", Diag: 1})
		s.emit(1241, "upstream", record.Lookup{Dst: anycast.Addr(), Hop: record.Hop{Node: "b"}})
		s.emit(4100, "upstream", record.BFD{From: "a", To: "upstream", State: "up"})
	},
		// The route event before the fault led to a; no lookup did, so one
		// that leads elsewhere says nothing about the route.
		"inject 0.00, detect 240.00, restore 0.70",
		"heal 0.00, detect 100.00, restore 2.70"},
	{"another prefix, another node, another time", "service-crash", []string{"a"}, 0, func(s *sim) {
		other := netip.MustParsePrefix("198.51.100.0/24")
		s.emit(999, "a", record.Health{Service: "dns"})
		s.emit(1100, "b", record.Health{Service: "dns"})
		s.emit(1200, "upstream", record.Route{Prefix: other})
		s.bgp(1300, record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Withdraw: []netip.Prefix{other}})
		s.bgp(1400, record.BGP{From: "b", To: "upstream", Type: record.BGPUpdate, Withdraw: []netip.Prefix{anycast}})
	},
		"inject 0.00, restore 0.70", "heal 0.00, restore 2.70"},
}

func TestStages(t *testing.T) {
	for _, c := range stageCases {
		t.Run(c.name, func(t *testing.T) {
			s := newSim()
			crash(s, c.outage)
			s.events = s.events[:1] // keep the route, replace the trial
			s.trial(10, 1000, 4000, 6000, c.kind, c.on...)
			c.events(s)
			s.probe(0.5, 6000)
			f := s.build(t)[0]
			if d := cmp.Diff(c.broken, stages(f.Broken)); d != "" {
				t.Errorf("after the fault (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.mended, stages(f.Mended)); d != "" {
				t.Errorf("after healing (-want +got):\n%s", d)
			}
		})
	}
}

// With ECMP a lookup leads to one of several next hops. Install is when none
// of them is the failed node, at the last router that had it.
func TestInstallAtTheLastOfSeveralRouters(t *testing.T) {
	s := newSim()
	s.x.Topology.Nodes = append(s.x.Topology.Nodes, record.Node{Name: "upstream2", Role: record.RouterNode})
	s.x.Topology.Links = append(s.x.Topology.Links, record.Link{Name: "upstream2-london", Ends: [2]record.LinkEnd{{Node: "upstream2"}, {Node: "london"}}})
	crash(s, 10)
	r2 := func(t float64, to ...string) {
		s.route(t, to...)
		s.events[len(s.events)-1].Node = "upstream2"
	}
	s.route(2, "a", "b", "c")
	r2(2, "a")
	s.emit(3, "upstream2", record.Lookup{Dst: anycast.Addr(), Hop: record.Hop{Node: "a"}})
	s.emit(3, "upstream", record.Lookup{Dst: anycast.Addr(), Hop: record.Hop{Node: "c"}})
	s.emit(1002, "upstream", record.Lookup{Dst: anycast.Addr(), Hop: record.Hop{Node: "b"}}) // a is still a next hop
	s.route(1005, "b", "c")
	s.emit(1007, "upstream2", record.Lookup{Dst: anycast.Addr(), Hop: record.Hop{Node: "b"}}) // before its route event
	r2(1009, "b")
	s.probe(0.5, 6000)
	e := s.build(t)[0].Broken
	if got, want := stages(e), "inject 0.00, detect 5.00, install 7.00, restore 25.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !slices.Equal(e.Routers, []string{"upstream", "upstream2"}) {
		t.Errorf("routers %v", e.Routers)
	}
}

// The kernel takes a dead next hop out of a group without a word: only the
// lookups show it, each for its own flow.
func TestInstallWhenTheLastFlowHasLeft(t *testing.T) {
	s := newSim()
	crash(s, 10)
	lookup := func(t float64, flow int, to string) {
		s.emit(t, "upstream", record.Lookup{Dst: anycast.Addr(), Flow: flow, Hop: record.Hop{Node: to}})
	}
	s.route(2, "a", "b", "c")
	for flow, to := range []string{"a", "b", "a", "c"} {
		lookup(3, flow, to)
	}
	lookup(1001, 1, "c") // it was not at a
	lookup(1002, 0, "b")
	lookup(1003, 2, "c")
	s.route(1009, "b", "c")
	s.probe(0.5, 6000)
	if got, want := stages(s.build(t)[0].Broken), "inject 0.00, detect 3.00, install 3.00, restore 25.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFailedNodeOfALink(t *testing.T) {
	topology := threeSites()
	for _, c := range []struct {
		on   []string
		want string
	}{
		{[]string{"a", "upstream"}, "a"},
		{[]string{"upstream", "a"}, "a"},
		{[]string{"upstream", "london"}, "upstream"},
		{[]string{"b"}, "b"},
		{nil, ""},
	} {
		if got := failed(topology, c.on); got != c.want {
			t.Errorf("failed(%v) = %q, want %q", c.on, got, c.want)
		}
	}
}

func TestTrialsAreKeptApart(t *testing.T) {
	s := newSim()
	s.route(1, "a")
	s.trial(10, 1000, 4000, 6000, "service-crash", "a")
	s.trial(6500, 7000, 8500, 9999, "service-crash", "a")
	s.events = slices.DeleteFunc(s.events, func(e record.Event) bool {
		d, ok := e.Data.(record.Trial)
		return ok && d.Phase == record.TrialEnd && e.At == at(9999)
	})
	s.emit(7001, "", record.Finding{Name: "capture-overrun"})
	s.emit(6600, "", record.Clock{OffsetNS: 5})
	s.emit(7600, "", record.Clock{OffsetNS: 5e9})
	s.answer = func(_ int, t float64) string {
		if t >= 1000 && t < 1010 || t >= 7000 && t < 7020 {
			return ""
		}
		return "a"
	}
	s.probe(0.5, 9000)
	list := s.build(t)
	if len(list) != 2 {
		t.Fatalf("%d trials, want 2", len(list))
	}
	a, b := list[0], list[1]
	if a.Broken.Outage.Value != 10*ms || b.Broken.Outage.Value != 20*ms {
		t.Errorf("outages %v and %v, want 10ms and 20ms", a.Broken.Outage.Value, b.Broken.Outage.Value)
	}
	if a.End != at(6000) || b.End != 0 {
		t.Errorf("ends %d and %d: the second is cut short", a.End, b.End)
	}
	if len(a.Findings) != 0 || len(b.Findings) != 1 {
		t.Errorf("findings %v and %v, want one in the second", a.Findings, b.Findings)
	}
	if a.Clock != 0 || b.Clock != 4999999995 {
		t.Errorf("clock changed by %v and %v", a.Clock, b.Clock)
	}
}

// An unsuccessful injection gives no zero, hence no stages.
func TestFailedInjection(t *testing.T) {
	s := newSim()
	s.emit(10, "", record.Trial{Phase: record.TrialBegin})
	s.emit(1000, "", record.Fault{Kind: "link-down", On: []string{"upstream", "a"}, Phase: record.FaultInject})
	s.emit(1001, "", record.Fault{Kind: "link-down", Phase: record.FaultEffective, Err: "no such link"})
	s.emit(2000, "", record.Trial{Phase: record.TrialEnd})
	s.probe(0.5, 2000)
	f := s.build(t)[0]
	if f.Broken.Zero != 0 || len(f.Broken.Stages) != 0 || f.Faults[0].Err != "effective: no such link" {
		t.Errorf("zero %d, stages %v, faults %+v", f.Broken.Zero, f.Broken.Stages, f.Faults)
	}
}

// A next hop that the kernel marks as down does not forward.
func TestDownNextHopIsNone(t *testing.T) {
	s := newSim()
	crash(s, 10)
	s.emit(1003, "upstream", record.Route{Prefix: anycast, Hops: []record.Hop{{Node: "a", Down: true}, {Node: "b"}}})
	s.probe(0.5, 6000)
	if got, want := stages(s.build(t)[0].Broken), "inject 0.00, detect 3.00, install 3.00, restore 10.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A router may be known by its lookups alone, and one that never left the
// node did not come back to it.
func TestRouterKnownByLookups(t *testing.T) {
	lookup := func(s *sim, t float64, to string) {
		s.emit(t, "upstream", record.Lookup{Dst: anycast.Addr(), Hop: record.Hop{Node: to}})
	}
	s := newSim()
	crash(s, 10)
	s.events = s.events[1:] // without the route event
	lookup(s, 1, "a")
	lookup(s, 1003, "b")
	lookup(s, 4001, "a")
	s.probe(0.5, 6000)
	f := s.build(t)[0]
	if got, want := stages(f.Broken)+"; "+stages(f.Mended), "inject 0.00, detect 3.00, install 3.00, restore 10.70; heal 0.00, install 1.00, restore 2.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}

	s = newSim()
	crash(s, 10)
	s.route(4001, "a") // repeated, but it was never gone
	s.probe(0.5, 6000)
	if got, want := stages(s.build(t)[0].Mended), "heal 0.00, restore 2.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What is seen on the failed node's own side is no proof that the router was
// told.
func TestReceiveIsSeenAtTheRouter(t *testing.T) {
	s := newSim()
	crash(s, 10)
	s.emit(1002, "a", record.BGP{From: "a", To: "upstream", Out: true, Type: record.BGPUpdate, Withdraw: []netip.Prefix{anycast}})
	s.probe(0.5, 6000)
	if got, want := stages(s.build(t)[0].Broken), "inject 0.00, withdraw 2.00, restore 10.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Of several faults the first to be injected sets time zero, and the last to
// be healed ends it.
func TestSeveralFaults(t *testing.T) {
	s := newSim()
	s.emit(10, "", record.Trial{Phase: record.TrialBegin})
	step := func(t float64, id int, kind string, phase record.FaultPhase) {
		s.emit(t, "", record.Fault{ID: id, Kind: kind, On: []string{"a"}, Phase: phase})
	}
	for i, p := range []record.FaultPhase{record.FaultInject, record.FaultEffective, record.FaultVerified} {
		step(1000+float64(i), 1, "service-crash", p)
		step(1500+float64(i), 0, "withdraw", p)
	}
	for i, p := range []record.FaultPhase{record.FaultHeal, record.FaultHealed, record.FaultHealVerified} {
		step(3000+float64(i), 0, "withdraw", p)
		step(3500+float64(i), 1, "service-crash", p)
	}
	s.emit(5000, "", record.Trial{Phase: record.TrialEnd})
	s.probe(0.5, 5000)
	f := s.build(t)[0]
	if f.Fault != "service-crash" || f.Broken.Zero != at(1001) || f.Broken.Until > at(3500) || f.Broken.Until < at(3400) || f.Mended.Zero != at(3501) || len(f.Faults) != 2 {
		t.Errorf("%s from %d until %d, mended at %d, %d faults", f.Fault, f.Broken.Zero, f.Broken.Until, f.Mended.Zero, len(f.Faults))
	}
}

// What happens between two trials belongs to neither.
func TestBetweenTrials(t *testing.T) {
	s := newSim()
	s.route(1, "a")
	s.trial(10, 1000, 2000, 3000, "service-crash", "a")
	s.trial(3500, 4000, 5000, 6000, "service-crash", "a")
	s.emit(3200, "", record.Finding{Name: "netlink-overrun"})
	s.answer = func(_ int, t float64) string {
		if t >= 3100 && t < 3400 {
			return ""
		}
		return "a"
	}
	s.probe(0.5, 6000)
	for i, f := range s.build(t) {
		if f.Before.Lost+f.Broken.Lost+f.Mended.Lost != 0 || len(f.Findings) != 0 {
			t.Errorf("trial %d: lost %d, %d, %d; findings %v", i, f.Before.Lost, f.Broken.Lost, f.Mended.Lost, f.Findings)
		}
	}
}
