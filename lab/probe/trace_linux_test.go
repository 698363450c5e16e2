package probe_test

import (
	"net/netip"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/probe"
)

func traced(t *testing.T, n *lab.Node, target string) []probe.Hop {
	t.Helper()
	hops, err := probe.Trace(t.Context(), n, netip.MustParseAddr(target), 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return hops
}

// TestTrace asks for the router itself, for what is behind it and does not
// answer, and for what can't be reached.
func TestTrace(t *testing.T) {
	w := newWorld(t)
	for _, target := range []string{"10.0.0.2", "fd00:a11:1ab::2"} {
		hops := traced(t, w.client, target)
		if len(hops) != 1 || !hops[0].Reached || hops[0].Addr != netip.MustParseAddr(target) || hops[0].RTT <= 0 {
			t.Errorf("%s: %+v", target, hops)
		}
	}
	// a has no way back, so it does not answer; the router does.
	for target, router := range map[string]string{"10.0.0.3": "10.0.0.0", "fd00:a11:1ab::3": "fd00:a11:1ab::"} {
		hops := traced(t, w.client, target)
		if len(hops) != 1 || hops[0].Reached || hops[0].Addr != netip.MustParseAddr(router) {
			t.Errorf("%s: %+v, want the router only", target, hops)
		}
	}
	// The router has no way there, and says so, unless the whole machine has
	// sent its share of ICMP errors for now (sysctl net.ipv4.icmp_msgs_per_sec).
	refused := func(hops []probe.Hop) bool {
		return len(hops) == 1 && hops[0].Refused && hops[0].Addr == netip.MustParseAddr("10.0.0.0")
	}
	hops := traced(t, w.client, "192.0.2.1")
	for deadline := time.Now().Add(10 * time.Second); !refused(hops) && time.Now().Before(deadline); {
		hops = traced(t, w.client, "192.0.2.1")
	}
	if !refused(hops) {
		t.Errorf("no route at the router: %+v", hops)
	}
	// The sender has none itself.
	if hops := traced(t, w.server, "203.0.113.1"); len(hops) != 1 || !hops[0].Refused || hops[0].Addr.IsValid() {
		t.Errorf("no route at the sender: %+v", hops)
	}
}
