package timeline

import (
	"net/netip"
	"testing"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
)

// TestRelays: a withdraws, and the upstream router takes over b's route and
// tells c; then a announces again, and the router goes back but tells nobody.
func TestRelays(t *testing.T) {
	s := newSim()
	prefix := []netip.Prefix{anycast}
	other := []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}
	s.route(10, "a")
	s.trial(1000, 1500, 2000, 3000, "withdraw", "a")
	s.bgp(1501, record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Withdraw: other})
	s.bgp(1502, record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Withdraw: prefix})
	s.route(1504, "b")
	s.bgp(1505, record.BGP{From: "upstream", To: "a", Type: record.BGPUpdate, Announce: prefix})
	s.bgp(1506, record.BGP{From: "upstream", To: "c", Type: record.BGPUpdate, Announce: prefix})
	s.bgp(2010, record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Announce: prefix})
	s.route(2011, "b")
	s.route(2012, "a")
	s.probe(500, 3200)
	f := s.build(t)[0]
	broken := []Relay{
		{"upstream", "a", at(1502.05), at(1504), "c", at(1506)},
		{"a", "upstream", at(1505.05), 0, "", 0},
		{"c", "upstream", at(1506.05), 0, "", 0},
	}
	if diff := cmp.Diff(broken, f.Broken.Relays); diff != "" {
		t.Errorf("after the fault (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Relay{{"upstream", "a", at(2010.05), at(2012), "", 0}}, f.Mended.Relays); diff != "" {
		t.Errorf("after healing (-want +got):\n%s", diff)
	}
}

// TestRelayOfAWorsePath: a announces again, with a longer path, and the router
// moves to b.
func TestRelayOfAWorsePath(t *testing.T) {
	s := newSim()
	s.route(10, "a")
	s.trial(1000, 1500, 2000, 3000, "attribute-change", "a")
	s.bgp(1502, record.BGP{From: "a", To: "upstream", Type: record.BGPUpdate, Announce: []netip.Prefix{anycast}})
	s.route(1503, "a")
	s.route(1504, "b")
	s.probe(500, 3200)
	if diff := cmp.Diff([]Relay{{"upstream", "a", at(1502.05), at(1504), "", 0}}, s.build(t)[0].Broken.Relays); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
