package bgp_test

import (
	"context"
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

// A router and its sites are of one AS, and there is no reflector.
const internalLab = `
name: internal
nodes:
  r: {role: router, asn: 65000, daemon: ROUTER}
  a: {role: anycast, asn: 65000, daemon: DAEMON, restart: 300ms}
  b: {role: anycast, asn: 65000, daemon: DAEMON}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, b]
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// TestConformanceInternal: every daemon as one of two sites of the router's own AS; the
// other serves when it has withdrawn. Killed, it is there again after its restart time, with
// what it announced.
func TestConformanceInternal(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := open(t, strings.NewReplacer("ROUTER", routerFor(name), "DAEMON", name).Replace(internalLab))
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			w.withdraw("a", anycast4, anycast6)
			w.waitAll("r", "b")
			w.announceAll("a")
			w.waitAll("r", "a")
			w.withdraw("b", anycast4, anycast6)
			old := w.signal("a", unix.SIGKILL)
			<-old.Done()
			w.until("another process speaks BGP", func(context.Context) (bool, error) {
				procs := w.daemons["a"].Procs()
				return len(procs) > 0 && procs[0] != old, nil
			})
			w.waitAll("r", "a")
		})
	}
}
