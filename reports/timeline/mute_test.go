package timeline

import (
	"net/netip"
	"testing"
	"time"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
)

// Routes lead the client to a site that nothing is wrong with, but nobody hears its
// answers: it is named where the record shows that they had no way back.
func TestSitesWithoutAWayBack(t *testing.T) {
	client, other := netip.MustParsePrefix("10.0.0.8/31"), netip.MustParsePrefix("10.0.0.0/31")
	both := func(s *sim) {
		s.leads(5, "s2", client, "tor2")
		s.leads(5, "tor2", client, "core")
	}
	mute := func(site, node string, had bool, lasted time.Duration) []Mute {
		return []Mute{{Client: "london", Site: site, Node: node, Had: had, For: lasted}}
	}
	for _, c := range []struct {
		name   string
		events func(s *sim)
		want   []Mute
	}{
		{"its route went", func(s *sim) { both(s); s.leads(1020, "s2", client) }, mute("s2", "s2", true, 3060*ms)},
		{"a router's went", func(s *sim) { both(s); s.leads(1540, "tor2", client) }, mute("s2", "tor2", true, 2560*ms)},
		{"it never had one, though it has others", func(s *sim) { s.leads(5, "s2", other, "tor2") }, mute("s2", "s2", false, 3060*ms)},
		{"none is recorded, though another's daemon writes them", func(s *sim) {
			s.leads(5, "s1", other, "tor1")
			s.x.Topology.Nodes[3].Daemon, s.x.Topology.Nodes[4].Daemon = "bird", "bird"
		}, mute("s2", "s2", false, 3060*ms)},
		{"none is recorded, of a daemon that writes none", func(s *sim) {
			s.leads(5, "s1", other, "tor1")
			s.x.Topology.Nodes[3].Daemon, s.x.Topology.Nodes[4].Daemon = "bird", "exabgp"
		}, nil},
		{"a wider route is left", func(s *sim) {
			both(s)
			s.leads(6, "s2", netip.MustParsePrefix("0.0.0.0/0"), "tor2")
			s.leads(1020, "s2", client)
		}, nil},
		{"nothing is known of its routes", func(*sim) {}, nil},
		{"only its own addresses are known", func(s *sim) {
			six := netip.MustParsePrefix("2001:db8::53/128")
			s.x.Topology.Anycast = append(s.x.Topology.Anycast, six)
			s.leads(5, "s2", six, "s2")
		}, nil},
		{"it has a static one", func(s *sim) {
			both(s)
			s.leads(1020, "s2", client)
			s.x.Topology.Nodes[4].Routes = []string{"10.0.0.0/8 via 10.0.0.6"}
		}, nil},
		{"its way back is there", both, nil},
		{"its way back was soon there", func(s *sim) {
			s.leads(5, "tor2", client, "core")
			s.leads(6, "s2", other, "tor2")
			s.leads(1940, "s2", client, "tor2")
		}, nil},
		{"one of two ways is left", func(s *sim) { both(s); s.leads(5, "s2", client, "tor1", "tor2"); s.leads(5, "tor1", other, "core") }, nil},
		{"it is silent itself", func(s *sim) {
			both(s)
			s.leads(1020, "s2", client)
			s.emit(1000, "", record.Fault{ID: 1, Kind: "service-hang", On: []string{"s2"}, Phase: record.FaultInject})
			s.emit(1001, "", record.Fault{ID: 1, Kind: "service-hang", On: []string{"s2"}, Phase: record.FaultEffective})
			s.x.Faults = append(s.x.Faults, record.PlannedFault{Silences: true})
		}, nil},
		{"nobody is led there", func(s *sim) { both(s); s.leads(1020, "s2", client); s.leads(1041, "core", anycast) }, nil},
	} {
		s := inPods()
		s.x.Faults = []record.PlannedFault{{Silences: true}}
		s.served(serves{0, "s1"}, serves{1000, ""}, serves{4180, "s1"})
		s.leads(1040, "core", anycast, "tor2")
		c.events(s)
		s.leads(4100, "core", anycast, "tor1")
		s.probe(0.5, 6000)
		if d := cmp.Diff(c.want, s.build(t)[0].Mute); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// A site whose daemon is gone answers, as it has its address; where its routes went
// with the daemon and the router keeps the one to it, nobody hears that.
func TestSiteThatLostItsWayBackItself(t *testing.T) {
	s := inPods()
	client := netip.MustParsePrefix("10.0.0.8/31")
	s.leads(5, "s1", client, "tor1")
	s.leads(5, "tor1", client, "core")
	s.leads(1001, "s1", client)
	s.leads(4179, "s1", client, "tor1")
	s.served(serves{0, "s1"}, serves{1000, ""}, serves{4180, "s1"})
	s.probe(0.5, 6000)
	if d := cmp.Diff([]Mute{{Client: "london", Site: "s1", Node: "s1", Had: true, For: 3178 * ms}}, s.build(t)[0].Mute); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
