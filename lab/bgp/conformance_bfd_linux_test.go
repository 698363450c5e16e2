package bgp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// TestConformanceBFD pairs every daemon that has BFD with itself as the
// router, and BIRD with FRR, over a switch that hides the carrier. The hold
// time is too long to help.
func TestConformanceBFD(t *testing.T) {
	t.Parallel()
	var pairs [][2]string
	for _, name := range bgp.Speakers() {
		if d, err := bgp.Named(name); err == nil && canBFD(d.Capabilities()) {
			pairs = append(pairs, [2]string{name, name})
		}
	}
	pairs = append(pairs, [2]string{"bird", "frr"}, [2]string{"frr", "bird"})
	for _, pair := range pairs {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			for _, name := range pair {
				require(t, name)
			}
			yaml := strings.NewReplacer("ROUTER", pair[0], "DAEMON", pair[1], "MULTIPATH", "false",
				"hold: 3s, keepalive: 1s", "hold: 90s, keepalive: 30s",
				"[r, a]\n", "[r, a]\n    switch: true\n    bfd: {interval: 100ms, multiplier: 3}\n").Replace(conformanceLab)
			w := open(t, yaml)
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			bfdUp(w)
			bfdDown(w)
		})
	}
}

// bfdUp waits until both ends of the session over r-a hear each other.
func bfdUp(w *network) {
	w.Helper()
	for node, far := range map[string]string{"r": "a", "a": "r"} {
		w.until("BFD of "+node, func(ctx context.Context) (bool, error) {
			peers, err := w.daemons[node].Peers(ctx)
			for _, p := range peers {
				if p.Node == far && p.BFD != "up" || p.Node != far && p.BFD != "" {
					return false, fmt.Errorf("%v", peers)
				}
			}
			return err == nil, err
		})
	}
}

// bfdDown silences the link, one way and the other: each time BFD has to end
// the sessions, and later lets them come back.
func bfdDown(w *network) {
	w.Helper()
	link, err := w.lab.Between("r", "a")
	if err != nil {
		w.Fatal(err)
	}
	for _, from := range []string{"a", "r"} {
		bfdUp(w)
		drop, err := link.Drop(from, lab.Filter{})
		if err != nil {
			w.Fatal(err)
		}
		w.waitAll("r", "b")
		if err := drop.Remove(); err != nil {
			w.Fatal(err)
		}
		w.established()
		w.waitAll("r", "a")
	}
}
