package bgp_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// TestConformanceGracefulRestart: the router keeps the routes of a daemon that
// stops as if to be back soon, and has no others in between.
func TestConformanceGracefulRestart(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			if !require(t, name).Capabilities().Restart {
				t.Skipf("the driver of %s has no graceful restart", name)
			}
			yaml := strings.Replace(labOf(name, false), "hold: 3s, keepalive: 1s", "hold: 9s, keepalive: 3s, graceful_restart: 60s", 1)
			w := open(t, yaml)
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			if err := w.daemons["a"].Stop(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			w.until("the router's sessions with a have ended", func(ctx context.Context) (bool, error) {
				peers, err := w.daemons["r"].Peers(ctx)
				return err == nil && !slices.ContainsFunc(peers, func(p bgp.Peer) bool {
					return p.Node == "a" && p.State == bgp.Established
				}), err
			})
			w.kept("r", "a")
			if err := w.daemons["a"].Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.established()
			w.waitAll("r", "a")
		})
	}
}

// kept complains if the node's routes lead anywhere else.
func (w *network) kept(node, to string) {
	w.Helper()
	for _, p := range []netip.Prefix{anycast4, anycast6} {
		if got := w.kernel(node, p); !slices.Equal(got, []string{to}) {
			w.Errorf("the route for %s leads to %v, want it kept to %s", p, got, to)
		}
	}
}
