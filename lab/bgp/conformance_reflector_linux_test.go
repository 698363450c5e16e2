package bgp_test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// A lab of one AS: two sites behind a reflector, and an edge that knows them by it alone.
// A site hears of the edge's client by it as well.
const reflectorLab = `
name: reflector
nodes:
  r: {role: router, asn: 65000, daemon: ROUTER, reflector: true, cluster_id: 10.9.9.9}
  e: {role: router, asn: 65000, daemon: ROUTER}
  a: {role: anycast, asn: 65000, daemon: DAEMON}
  b: {role: anycast, asn: 65000, daemon: DAEMON}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, b]
  - endpoints: [r, e]
  - endpoints: [e, u]
bgp: {hold: 3s, keepalive: 1s}
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// TestConformanceReflector: every daemon as a site and, where it can, as the reflector and
// its client that is a router.
func TestConformanceReflector(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			router := routerFor(name)
			w := open(t, strings.NewReplacer("ROUTER", router, "DAEMON", name).Replace(reflectorLab))
			w.announceAll("a", "b")
			w.waitAll("e", "r")
			w.settle("r", "a")
			if router == name {
				w.waitKernel("a", w.subnet("e", "u"), "r")
			}
			w.withdraw("a", anycast4, anycast6)
			w.waitAll("r", "b")
			w.waitAll("e", "r")
			w.signalAll("b", unix.SIGKILL)
			w.waitAll("e")
			w.announceAll("a")
			w.waitAll("e", "r")
			w.waitAll("r", "a")
		})
	}
}
