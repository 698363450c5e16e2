package bgp_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

const vrrpLab = `
name: vrrp
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, daemon: DAEMON}
  b: {role: anycast, daemon: DAEMON}
links:
  - {endpoints: [r, a, b], vrrp: {interval: 100ms}, to: {a: {priority: 150}}}
anycast: 192.0.2.100/32
`

// TestConformanceVRRP: of two members the one of higher priority holds the address; it
// gives it away when it is told, and when it is closed, and takes it back.
func TestConformanceVRRP(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.VRRP }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := start(t, strings.ReplaceAll(vrrpLab, "DAEMON", name))
			w.holder("", "a", "b")
			w.announceAll("a", "b")
			w.holder("a", "b")
			w.must(w.daemons["a"].Withdraw(t.Context(), w.topology.Anycast...))
			w.holder("b", "a")
			w.announceAll("a")
			w.holder("a", "b")
			w.must(w.daemons["a"].Close())
			w.holder("b", "a")
		})
	}
}

// holder waits until the node has the address on the segment, and the others have not.
func (w *network) holder(node string, others ...string) {
	w.Helper()
	has := func(node string) bool {
		n, err := w.lab.Node(node)
		w.must(err)
		var list []net.Addr
		w.must(n.Do(func() error {
			dev, err := net.InterfaceByName("eth0")
			if err == nil {
				list, err = dev.Addrs()
			}
			return err
		}))
		for _, a := range list {
			if a.String() == w.topology.Anycast[0].String() {
				return true
			}
		}
		return false
	}
	settled := func() bool {
		for _, other := range others {
			if has(other) {
				return false
			}
		}
		return node == "" || has(node)
	}
	for deadline := time.Now().Add(time.Minute); !settled(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("%q does not hold the address alone", node)
		}
	}
}

func (w *network) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}
