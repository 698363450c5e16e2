package timeline

import (
	"net/netip"
	"testing"

	"anylab/lab/record"
)

var anycast6 = netip.MustParsePrefix("2001:db8::100/128")

// dual is a site of both families that falls silent; the router's configuration is
// the user's, and so is the site's. Of each family's prefix it says over whose
// session it is announced. served is when each is served by another site.
func dual(carrier, carrier6 record.Family, served, served6 float64) (*sim, asking) {
	s := newSim()
	s.x.Topology.Anycast = append(s.x.Topology.Anycast, anycast6)
	for i := range s.x.Topology.Nodes[:2] {
		s.x.Topology.Nodes[i].Config = &record.ConfigFile{Path: "bgp.conf"}
	}
	for p, over := range map[netip.Prefix]record.Family{anycast: carrier, anycast6: carrier6} {
		s.leads(1, "upstream", p, "a")
		s.bgp(2, record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Family: over, Announce: []netip.Prefix{p}})
		s.bgp(3, record.BGP{From: "upstream", To: "b", Type: record.BGPUpdate, Family: over, Announce: []netip.Prefix{p}})
	}
	s.trial(10, 1000, 4000, 6000, "blackhole", "upstream", "a")
	s.leads(served-1, "upstream", anycast, "b")
	s.leads(served6-1, "upstream", anycast6, "b")
	s.served(serves{0, "a"}, serves{1000, ""}, serves{served, "b"})
	s.probe(0.5, 6000)
	four := s.answer
	s.served(serves{0, "a"}, serves{1000, ""}, serves{served6, "b"})
	other := s.also("london-dns-ipv6", 0.5, 6000, 0.2, s.answer)
	s.answer = four
	return s, other
}

// silent is the router's session of the family that hears the site no more.
func (s *sim) silent(t float64, f record.Family) {
	s.emit(t, "upstream", record.BFD{From: "upstream", To: "a", Out: true, State: "down", Diag: 1, Family: f})
	s.bgp(t+1, record.BGP{From: "upstream", To: "a", Type: record.BGPNotification, Code: 6, Family: f})
}

// The stages are those of the family that was served again last: what the session of
// the other one told is no news of its prefix.
func TestStagesOfTheFamilyThatWaitedLongest(t *testing.T) {
	const v4, v6 = record.IPv4, record.IPv6
	for _, c := range []struct {
		name              string
		carrier, carrier6 record.Family
		served, served6   float64
		events            func(*sim)
		want              string
	}{
		{"IPv6 gives up last", v4, v6, 1703, 1919, func(s *sim) {
			s.silent(1629, v4)
			s.silent(1841, v6)
		}, "inject 0.00, detect 841.00, install 918.00, restore 919.70"},
		{"IPv4 gives up last", v4, v6, 1919, 1703, func(s *sim) {
			s.silent(1629, v6)
			s.silent(1841, v4)
		}, "inject 0.00, detect 841.00, install 918.00, restore 919.70"},
		{"one session carries both", v4, v4, 1703, 1919, func(s *sim) {
			s.silent(1629, v4)
		}, "inject 0.00, detect 629.00, install 918.00, restore 919.70"},
		{"one session of IPv6 carries both", v6, v6, 1919, 1703, func(s *sim) {
			s.silent(1629, v6)
		}, "inject 0.00, detect 629.00, install 918.00, restore 919.70"},
		{"both hear of the carrier", v4, v6, 1703, 1719, func(s *sim) {
			s.emit(1629, "upstream", record.Carrier{Dev: "eth0", Peer: "a"})
			s.silent(1641, v6)
		}, "inject 0.00, detect 629.00, install 718.00, restore 719.70"},
		{"the site ends its sessions one after the other", v4, v6, 1703, 1919, func(s *sim) {
			s.emit(1610, "a", record.Health{Service: "dns"})
			s.bgp(1629, record.BGP{From: "a", To: "upstream", Type: record.BGPNotification, Code: 6, Family: v4})
			s.bgp(1841, record.BGP{From: "a", To: "upstream", Type: record.BGPNotification, Code: 6, Family: v6})
		}, "inject 0.00, detect 610.00, withdraw 841.00, receive 841.05, install 918.00, restore 919.70"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, other := dual(c.carrier, c.carrier6, c.served, c.served6)
			c.events(s)
			if got := stages(s.build(t, other)[0].Broken); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// The other family's failover says nothing of one that had not begun when the fault
// was healed: what moves users then is the healing.
func TestAFailoverOfTheOtherFamilyIsNoneOfThisOne(t *testing.T) {
	s, other := dual(record.IPv4, record.IPv6, 3960, 4268)
	s.silent(3950, record.IPv4)
	s.bgp(4197, record.BGP{From: "a", To: "upstream", Type: record.BGPNotification, Code: 6, Family: record.IPv6})
	f := s.build(t, other)[0]
	if four, six := f.Broken.Groups[0].Ended, f.Broken.Groups[1].Ended; four != ByFailover || six != ByRepair {
		t.Errorf("IPv4 ended by %s and IPv6 by %s, want by failover and by repair", four, six)
	}
}

// Each family is read by itself besides, where a client asks over both.
func TestWhatEachFamilySaw(t *testing.T) {
	s, other := dual(record.IPv4, record.IPv6, 1703, 1919)
	s.silent(1629, record.IPv4)
	s.silent(1841, record.IPv6)
	all := s.build(t, other)[0]
	london, ok := all.Of("london")
	if !ok || len(london.Families) != 2 || len(all.Families) != 0 {
		t.Fatalf("%d families of london, want 2", len(london.Families))
	}
	for i, want := range []struct {
		name   string
		outage float64
	}{{"IPv4", 703}, {"IPv6", 919}} {
		f := london.Families[i]
		if o := float64(f.Broken.Outage.Value) / 1e6; f.Family != want.name || o < want.outage-2 || o > want.outage+2 {
			t.Errorf("%s was cut off for %v ms, want %s for %v", f.Family, o, want.name, want.outage)
		}
	}
	if o := london.Broken.Outage.Value; o != london.Families[1].Broken.Outage.Value {
		t.Errorf("london was cut off for %v, want as long as its slower family", o)
	}
	alone := newSim()
	alone.trial(10, 1000, 4000, 6000, "service-crash", "a")
	alone.probe(0.5, 6000)
	if f := alone.build(t)[0]; len(f.Clients[0].Families) > 0 {
		t.Errorf("%d families of one", len(f.Clients[0].Families))
	}
}
