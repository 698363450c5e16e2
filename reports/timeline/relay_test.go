package timeline

import (
	"net/netip"
	"testing"
	"time"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// moments leaves out how far they may be off.
var moments = cmpopts.IgnoreFields(Relay{}, "Off", "Early")

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
		{Router: "upstream", From: "a", In: at(1502.05), Installed: at(1504), To: "c", Out: at(1506)},
		{Router: "a", From: "upstream", In: at(1505.05), Installed: 0, To: "", Out: 0},
		{Router: "c", From: "upstream", In: at(1506.05), Installed: 0, To: "", Out: 0},
	}
	if diff := cmp.Diff(broken, f.Broken.Relays, moments); diff != "" {
		t.Errorf("after the fault (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Relay{{Router: "upstream", From: "a", In: at(2010.05), Installed: at(2012), To: "", Out: 0}}, f.Mended.Relays, moments); diff != "" {
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
	if diff := cmp.Diff([]Relay{{Router: "upstream", From: "a", In: at(1502.05), Installed: at(1504), To: "", Out: 0}}, s.build(t)[0].Broken.Relays, moments); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The reader of the route may have been told before it could stamp; packets are
// stamped by the kernel.
func TestRelayBounds(t *testing.T) {
	r := Relay{In: at(10), Installed: at(12), Out: at(11), Off: 10 * time.Microsecond, Early: 500 * time.Microsecond}
	in, ok := r.RIBIn()
	want := Interval{Value: 2 * time.Millisecond, Low: 1490 * time.Microsecond, High: 2010 * time.Microsecond}
	if in != want || !ok {
		t.Errorf("RIB-IN %+v, %v; want %+v", in, ok, want)
	}
	out, ok := r.RIBOut()
	want = Interval{Value: time.Millisecond, Low: 990 * time.Microsecond, High: 1010 * time.Microsecond}
	if out != want || !ok {
		t.Errorf("RIB-OUT %+v, %v; want %+v", out, ok, want)
	}
	if _, ok := (Relay{In: at(10)}).RIBIn(); ok {
		t.Error("a route that was not installed was installed")
	}
}

// Where the machine's load was recorded, it says how long the reader may have
// waited.
func TestRelaysAreBoundByTheLoad(t *testing.T) {
	e := Episode{Stages: []Stage{{Name: Inject, At: at(1)}}, Relays: []Relay{{In: at(10), Installed: at(12)}}}
	e.bound(0, []Load{{Load: record.Load{From: at(0)}, To: at(100)}})
	if r := e.Relays[0]; r.Off != mapping || r.Early != waking {
		t.Errorf("%+v; want off by %v, early by %v", r, mapping, waking)
	}
}
