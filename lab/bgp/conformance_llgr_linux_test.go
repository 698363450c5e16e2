package bgp_test

import (
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// TestConformanceLongLived: once the restart time is over, the router prefers any other
// site to one that is away, and keeps that for want of another.
func TestConformanceLongLived(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.LongLived }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			yaml := strings.Replace(labOf(name, false), "hold: 3s, keepalive: 1s", "hold: 9s, keepalive: 3s, graceful_restart: 3s, llgr: 600s", 1)
			w := open(t, yaml)
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			if err := w.daemons["a"].Stop(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			w.waitAll("r", "b")
			w.withdraw("b", anycast4, anycast6)
			w.waitAll("r", "a")
			w.announceAll("b")
			w.waitAll("r", "b")
			if err := w.daemons["a"].Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.waitAll("r", "a")
		})
	}
}
