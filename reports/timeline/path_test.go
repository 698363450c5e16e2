package timeline

import (
	"net/netip"
	"testing"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
)

// pods is a core router with two racks: client - core - tor1 - s1, tor2 - s2.
func pods() record.Topology {
	node := func(name string, role record.NodeRole) record.Node { return record.Node{Name: name, Role: role} }
	link := func(a, b string, subnet string) record.Link {
		p := netip.MustParsePrefix(subnet)
		return record.Link{Name: a + "-" + b, Ends: [2]record.LinkEnd{{Node: a, IPv4: p}, {Node: b, IPv4: netip.PrefixFrom(p.Addr().Next(), p.Bits())}}}
	}
	return record.Topology{
		Name: "pods",
		Nodes: []record.Node{node("core", record.RouterNode), node("tor1", record.RouterNode), node("tor2", record.RouterNode),
			node("s1", record.AnycastNode), node("s2", record.AnycastNode), node("london", record.ClientNode)},
		Links: []record.Link{link("core", "tor1", "10.0.0.0/31"), link("core", "tor2", "10.0.0.2/31"), link("tor1", "s1", "10.0.0.4/31"),
			link("tor2", "s2", "10.0.0.6/31"), link("core", "london", "10.0.0.8/31")},
		Anycast: []netip.Prefix{anycast},
	}
}

// at a router, the route of a prefix leads somewhere.
func (s *sim) leads(t float64, router string, p netip.Prefix, to ...string) {
	var hops []record.Hop
	for _, n := range to {
		hops = append(hops, record.Hop{Node: n})
	}
	s.emit(t, router, record.Route{Prefix: p, Hops: hops, Deleted: len(hops) == 0})
}

func (s *sim) says(t float64, from, to string, announce bool, p netip.Prefix) {
	m := record.BGP{From: from, To: to, Type: record.BGPUpdate, Family: record.FamilyOf(p.Addr())}
	if announce {
		m.Announce = []netip.Prefix{p}
	} else {
		m.Withdraw = []netip.Prefix{p}
	}
	s.bgp(t, m)
}

// inPods starts a trial in which s1 serves, and s2 from 1155 to 4180 ms.
func inPods() *sim {
	s := newSim()
	s.x.Topology = pods()
	s.leads(1, "core", anycast, "tor1")
	s.leads(1, "tor1", anycast, "s1")
	s.leads(1, "tor2", anycast, "s2")
	s.says(2, "tor2", "core", true, anycast)
	s.trial(10, 1000, 4000, 6000, "service-crash", "s1")
	s.served(serves{0, "s1"}, serves{1000, ""}, serves{1155, "s2"}, serves{4180, "s1"})
	return s
}

// Routers that batch for 50 ms, as some daemons do: the core's turn away is what
// decides. The rack's own router finds its way back to the core last, and no
// request of the client's goes there.
func TestStagesAlongTheWayOfTheClient(t *testing.T) {
	s := inPods()
	s.emit(1020, "s1", record.Health{Service: "dns", Reason: "refused"})
	s.says(1030, "s1", "tor1", false, anycast)
	s.says(1080, "tor1", "core", false, anycast)
	s.leads(1092, "tor1", anycast)
	s.says(1130, "core", "tor1", true, anycast)
	s.leads(1152, "core", anycast, "tor2")
	s.says(1158, "tor1", "core", true, anycast) // the core's own way, back to it
	s.leads(1206, "tor1", anycast, "core")
	s.emit(4010, "s1", record.Health{Service: "dns", Healthy: true})
	s.says(4020, "s1", "tor1", true, anycast)
	s.leads(4082, "tor1", anycast, "s1")
	s.says(4070, "tor1", "core", true, anycast)
	s.leads(4178, "core", anycast, "tor1")
	s.probe(0.5, 6000)
	f := s.build(t)[0]
	if d := cmp.Diff("inject 0.00, detect 20.00, withdraw 30.00, receive 30.05, propagate 80.05, install 152.00, restore 155.70", stages(f.Broken)); d != "" {
		t.Errorf("after the fault (-want +got):\n%s", d)
	}
	if d := cmp.Diff("heal 0.00, detect 10.00, announce 20.00, receive 20.05, propagate 70.05, install 178.00", stages(f.Mended)[:len("heal 0.00, detect 10.00, announce 20.00, receive 20.05, propagate 70.05, install 178.00")]); d != "" {
		t.Errorf("after healing (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"core"}, f.Broken.Routers); d != "" {
		t.Errorf("routers (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]Hop{{"tor1", "s1", at(1030.05), at(1092), at(1080)}, {"core", "tor1", at(1080.05), at(1152), 0}}, f.Broken.Hops); d != "" {
		t.Errorf("hops (-want +got):\n%s", d)
	}
}

// The second site learns its way back to the client long after all routers
// forward to it: until then its answers come to nothing.
func TestStageOfTheWayBack(t *testing.T) {
	client := netip.MustParsePrefix("10.0.0.8/31")
	for _, c := range []struct {
		name   string
		events func(s *sim)
		want   string
	}{
		{"the site learns it", func(s *sim) {
			s.leads(5, "tor2", client, "core")
			s.leads(1150, "s2", client, "tor2")
		}, "inject 0.00, withdraw 30.00, receive 30.05, propagate 31.05, install 40.00, return 150.00, restore 155.70"},
		{"a router on the way learns it", func(s *sim) {
			s.leads(5, "s2", netip.MustParsePrefix("0.0.0.0/0"), "tor2")
			s.leads(1140, "tor2", client, "core")
		}, "inject 0.00, withdraw 30.00, receive 30.05, propagate 31.05, install 40.00, return 140.00, restore 155.70"},
		{"another site's way back is nobody's", func(s *sim) {
			s.leads(5, "tor2", client, "core")
			s.leads(5, "s2", client, "tor2")
			s.leads(1150, "s1", client, "tor1")
		}, "inject 0.00, withdraw 30.00, receive 30.05, propagate 31.05, install 40.00, restore 155.70"},
		{"it was there before", func(s *sim) {
			s.leads(5, "tor2", client, "core")
			s.leads(5, "s2", client, "tor2")
			s.leads(1150, "s2", client, "tor2")
		}, "inject 0.00, withdraw 30.00, receive 30.05, propagate 31.05, install 40.00, restore 155.70"},
		{"it came before the way there", func(s *sim) {
			s.leads(5, "tor2", client, "core")
			s.leads(1020, "s2", client, "tor2")
		}, "inject 0.00, withdraw 30.00, receive 30.05, propagate 31.05, install 40.00, restore 155.70"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := inPods()
			s.says(1030, "s1", "tor1", false, anycast)
			s.says(1031, "tor1", "core", false, anycast)
			s.leads(1040, "core", anycast, "tor2")
			c.events(s)
			s.probe(0.5, 6000)
			if d := cmp.Diff(c.want, stages(s.build(t)[0].Broken)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Two families, one session for each: the stages are those of the family whose
// users were served again last, by its own session's detection and its own routes.
func TestEachFamilyHasItsOwnStages(t *testing.T) {
	six := netip.MustParsePrefix("2001:db8::100/128")
	for _, c := range []struct {
		group, want string
	}{
		{"london-dns", "inject 0.00, detect 210.00, propagate 260.05, install 310.00, restore 311.70"},
		{"london-dns-ipv6", "inject 0.00, detect 293.00, propagate 340.05, install 364.00, restore 365.70"},
	} {
		s := newSim()
		s.x.Topology = pods()
		s.x.Topology.Anycast = []netip.Prefix{anycast, six}
		s.group.Name = c.group
		for _, p := range s.x.Topology.Anycast {
			s.leads(1, "core", p, "tor1")
			s.leads(1, "tor1", p, "s1")
			s.leads(1, "tor2", p, "s2")
			s.says(2, "tor2", "core", true, p)
		}
		s.trial(10, 1000, 4000, 6000, "blackhole", "tor1", "s1")
		down := func(t float64, f record.Family) {
			s.emit(t, "tor1", record.BFD{From: "tor1", To: "s1", Out: true, State: "down", Diag: 1, Family: f})
		}
		down(1210, record.IPv4)
		s.says(1260, "tor1", "core", false, anycast)
		down(1293, record.IPv6)
		s.leads(1310, "core", anycast, "tor2")
		s.says(1340, "tor1", "core", false, six)
		s.leads(1364, "core", six, "tor2")
		back := 1311.0
		if c.group != "london-dns" {
			back = 1365
		}
		s.served(serves{0, "s1"}, serves{1000, ""}, serves{back, "s2"})
		s.probe(0.5, 6000)
		if d := cmp.Diff(c.want, stages(s.build(t)[0].Broken)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.group, d)
		}
	}
}

// Why the stages took the time, where the record tells.
func TestCauses(t *testing.T) {
	open := func(from, to string) record.BGP { return record.BGP{From: from, To: to, Type: record.BGPOpen} }
	reset := record.BGP{From: "s1", To: "tor1", Type: record.BGPNotification, Code: 6, Subcode: 4}
	start := func(s *sim, t float64, name string) {
		s.events = append(s.events, record.Event{At: at(t), Kind: record.KindStart, Node: "s1", Data: record.Proc{Name: name, PID: 7}})
	}
	restarts := func(s *sim) {
		for i := range s.x.Topology.Links {
			s.x.Topology.Links[i].BGP = &record.Timers{Hold: 3e9, Keepalive: 1e9, Restart: 8e9}
		}
	}
	for _, c := range []struct {
		name, kind  string
		back, until float64 // when somebody answers again, and when all is healed
		by          string
		events      func(s *sim)
		broken      string
		causes      []Cause // of the stages that have one
	}{
		{"hold time, then the restart time of RFC 4724", "power-loss", 11320, 12000, "s2", func(s *sim) {
			restarts(s)
			s.says(11290, "tor1", "core", false, anycast)
			s.leads(11310, "core", anycast, "tor2")
		}, "inject 0.00, detect 2290.00, propagate 10290.05, install 10310.00, restore 10320.70", []Cause{GracefulRestart}},
		{"the session's end is seen, and the routes are kept", "daemon-kill", 9020, 12000, "s2", func(s *sim) {
			restarts(s)
			s.bgp(1001, record.BGP{From: "s1", To: "tor1", Type: record.BGPFin})
			s.says(9002, "tor1", "core", false, anycast)
			s.leads(9010, "core", anycast, "tor2")
		}, "inject 0.00, detect 1.00, withdraw 1.00, receive 1.05, propagate 8002.05, install 8010.00, restore 8020.70", []Cause{GracefulRestart}},
		{"the long-lived stale time of RFC 9494 after that", "daemon-kill", 13020, 16000, "s2", func(s *sim) {
			restarts(s)
			for _, l := range s.x.Topology.Links {
				l.BGP.LongLived = 4e9
			}
			s.bgp(1001, record.BGP{From: "s1", To: "tor1", Type: record.BGPFin})
			s.says(13002, "tor1", "core", false, anycast)
			s.leads(13010, "core", anycast, "tor2")
		}, "inject 0.00, detect 1.00, withdraw 1.00, receive 1.05, propagate 12002.05, install 12010.00, restore 12020.70", []Cause{LongLived}},
		{"hold time and both", "power-loss", 15320, 18000, "s2", func(s *sim) {
			restarts(s)
			for _, l := range s.x.Topology.Links {
				l.BGP.LongLived = 4e9
			}
			s.says(15290, "tor1", "core", false, anycast)
			s.leads(15310, "core", anycast, "tor2")
		}, "inject 0.00, detect 2290.00, propagate 14290.05, install 14310.00, restore 14320.70", []Cause{LongLived}},
		{"hold time alone", "power-loss", 3820, 5000, "s2", func(s *sim) {
			restarts(s)
			s.says(3790, "tor1", "core", false, anycast)
			s.leads(3810, "core", anycast, "tor2")
		}, "inject 0.00, detect 2790.00, propagate 2790.05, install 2810.00, restore 2820.70", nil},
		{"a session that stays down", "session-reset", 6100, 8000, "s1", func(s *sim) {
			s.bgp(1001, reset)
			s.leads(1002, "tor1", anycast)
			s.bgp(3000, open("tor1", "s1")) // and is refused
			s.bgp(3001, record.BGP{From: "s1", To: "tor1", Type: record.BGPRst})
			s.bgp(6040, open("s1", "tor1"))
			s.says(6049, "s1", "tor1", true, anycast)
			s.leads(6050, "tor1", anycast, "s1")
		}, "inject 0.00, detect 1.00, withdraw 1.00, receive 1.05, restore 5100.70", []Cause{Idle}},
		{"a session that comes back at once", "session-reset", 1300, 8000, "s1", func(s *sim) {
			s.bgp(1001, reset)
			s.bgp(1240, open("s1", "tor1"))
			s.says(1249, "s1", "tor1", true, anycast)
		}, "inject 0.00, detect 1.00, withdraw 1.00, receive 1.05, restore 300.70", nil},
		{"the site that takes over looks every five seconds whether it is to", "service-crash", 4400, 8000, "s2", func(s *sim) {
			s.x.Topology.Nodes[4].Config = &record.ConfigFile{Scan: 5e9}
			s.leads(3, "tor2", anycast)
			s.says(3, "tor2", "core", false, anycast)
			s.says(1001, "s1", "tor1", false, anycast)
			s.says(1002, "tor1", "core", false, anycast)
			s.says(4300, "s2", "tor2", true, anycast)
			s.leads(4310, "tor2", anycast, "s2")
			s.says(4320, "tor2", "core", true, anycast)
			s.leads(4330, "core", anycast, "tor2")
		}, "inject 0.00, withdraw 1.00, receive 1.05, announce 3300.05, propagate 3320.05, install 3330.00, restore 3400.70", []Cause{Scan}},
		{"a router holds the route of the site that takes over back", "service-crash", 4400, 8000, "s2", func(s *sim) {
			s.x.Topology.Nodes[0].Config = &record.ConfigFile{Damping: true}
			s.says(1001, "s1", "tor1", false, anycast)
			s.says(1002, "tor1", "core", false, anycast)
			s.leads(1010, "core", anycast)
			s.says(1100, "tor2", "core", true, anycast)
			s.leads(4330, "core", anycast, "tor2")
		}, "inject 0.00, withdraw 1.00, receive 1.05, propagate 2.05, install 3330.00, restore 3400.70", []Cause{Damping}},
		{"it was held back before", "service-crash", 4400, 8000, "s2", func(s *sim) {
			s.emit(900, "core", record.State{What: record.Damped, Nodes: []string{"tor2"}})
			s.says(1001, "s1", "tor1", false, anycast)
			s.says(1002, "tor1", "core", false, anycast)
			s.leads(1010, "core", anycast)
			s.leads(4330, "core", anycast, "tor2")
		}, "inject 0.00, withdraw 1.00, receive 1.05, propagate 2.05, install 3330.00, restore 3400.70", []Cause{Damping}},
		{"a service that is restarted and takes its time", "service-crash", 5000, 8000, "s1", func(s *sim) {
			s.x.Services = []record.Service{{Name: "dns", Health: record.HealthCheck{Kind: "none"}}}
			start(s, 1500, "dns")
		}, "inject 0.00, restore 4000.70", []Cause{LateService}},
		{"a service that is restarted at last, and ready", "service-crash", 5000, 8000, "s1", func(s *sim) {
			s.x.Services = []record.Service{{Name: "dns", Health: record.HealthCheck{Kind: "none"}}}
			start(s, 4900, "dns")
		}, "inject 0.00, restore 4000.70", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := inPods()
			s.events = s.events[:5] // without the trial
			s.trial(10, 1000, c.until, c.until+2000, c.kind, "s1")
			s.served(serves{0, "s1"}, serves{1000, ""}, serves{c.back, c.by})
			c.events(s)
			s.probe(0.5, c.until+2000)
			e := s.build(t)[0].Broken
			if d := cmp.Diff(c.broken, stages(e)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			var causes []Cause
			for _, st := range e.Stages {
				if st.Cause != "" {
					causes = append(causes, st.Cause)
				}
			}
			if d := cmp.Diff(c.causes, causes); d != "" {
				t.Errorf("causes (-want +got):\n%s", d)
			}
		})
	}
}

// After healing, the process is there at once, and healthy three seconds later.
func TestAServiceThatIsReadyLate(t *testing.T) {
	for ready, want := range map[float64]Cause{7000: LateService, 4300: ""} {
		s := inPods()
		s.x.Services = []record.Service{{Name: "dns", Health: record.HealthCheck{Kind: "dns", Interval: 100 * ms, Timeout: 100 * ms, Rise: 2}}}
		s.events = append(s.events, record.Event{At: at(4002), Kind: record.KindStart, Node: "s1", Data: record.Proc{Name: "dns", PID: 7}})
		s.emit(ready, "s1", record.Health{Service: "dns", Healthy: true})
		s.probe(0.5, 6000)
		s.events[len(s.events)-3].At = max(s.events[len(s.events)-3].At, at(8000)) // the trial's end
		for i, e := range s.events {
			if d, ok := e.Data.(record.Trial); ok && d.Phase == record.TrialEnd {
				s.events[i].At = at(8000)
			}
		}
		e := s.build(t)[0].Mended
		if len(e.Stages) < 2 || e.Stages[1].Name != Detect || e.Stages[1].Cause != want {
			t.Errorf("healthy at %v: %+v, want the cause %q", ready, e.Stages, want)
		}
	}
}

// A record of an old anylab does not say where clients are: every router that
// forwarded to the node counts.
func TestStagesWithoutATopology(t *testing.T) {
	s := inPods()
	s.x.Topology = record.Topology{}
	s.leads(1040, "tor1", anycast, "core")
	s.leads(1050, "core", anycast, "tor2")
	s.probe(0.5, 6000)
	if got, want := stages(s.build(t)[0].Broken), "inject 0.00, detect 40.00, install 50.00, restore 170.70"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The site's interface is set down and up again: the kernel takes its way back to the
// client without a word, and the router tells it of it anew long after it forwards there.
// A site whose link stayed has had its way all along.
func TestStageOfAWayBackThatWentWithItsInterface(t *testing.T) {
	client := netip.MustParsePrefix("10.0.0.8/31")
	for down, want := range map[string]string{
		"s1":   "heal 0.00, announce 20.00, receive 20.05, propagate 70.05, install 78.00, return 179.00, restore 180.70",
		"tor1": "heal 0.00, announce 20.00, receive 20.05, propagate 70.05, install 78.00, restore 180.70",
	} {
		s := inPods()
		s.leads(5, "s1", client, "tor1")
		s.leads(5, "tor1", client, "core")
		s.emit(1000, down, record.Carrier{Dev: "eth0", Peer: map[string]string{"s1": "tor1", "tor1": "s1"}[down]})
		s.leads(1152, "core", anycast, "tor2")
		s.says(4020, "s1", "tor1", true, anycast)
		s.leads(4030, "tor1", anycast, "s1")
		s.says(4070, "tor1", "core", true, anycast)
		s.leads(4078, "core", anycast, "tor1")
		s.leads(4179, "s1", client, "tor1")
		s.probe(0.5, 6000)
		if d := cmp.Diff(want, stages(s.build(t)[0].Mended)); d != "" {
			t.Errorf("%s lost its carrier (-want +got):\n%s", down, d)
		}
	}
}
