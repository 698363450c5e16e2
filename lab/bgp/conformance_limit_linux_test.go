package bgp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

const limitLab = `
name: limit
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001, daemon: DAEMON}
  b: {role: anycast, asn: 65002}
  u: {role: client}
links:
  - {endpoints: [r, a], to: {a: {max_prefixes: 50}}}
  - {endpoints: [r, b]}
  - {endpoints: [r, u]}
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

// A session that brings too many prefixes ends, and all that went over it goes with
// it, the anycast route as well. It stays down, whoever calls, until it is cleared.
func TestConformanceLimit(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.Limit }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := open(t, strings.ReplaceAll(limitLab, "DAEMON", name))
			w.announce("a", anycast4)
			w.announce("b", anycast4)
			w.waitKernel("r", anycast4, "a")
			w.leak(40)
			w.until("40 more are heard", func(ctx context.Context) (bool, error) {
				peers, err := w.daemons["a"].Peers(ctx)
				return len(peers) > 0 && peers[0].Received > 40, err
			})
			w.waitKernel("r", anycast4, "a")
			w.leak(100)
			w.waitKernel("r", anycast4, "b")
			w.until("a has ended it, which it told r before", func(context.Context) (bool, error) { return !w.sessionUp("a", "r"), nil })
			w.stay("the session is down", func(ctx context.Context) (bool, error) {
				peers, err := w.daemons["a"].Peers(ctx)
				return err == nil && peers[0].State != bgp.Established, fmt.Errorf("%v (%w)", peers, err)
			})
			for _, routes := range []int{40, 100} {
				if err := w.daemons["r"].WithdrawTable(w.Context(), bgp.Table{Routes: routes, Seed: 1}); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.daemons["a"].Reset(w.Context(), "", false); err != nil {
				t.Fatal(err)
			}
			w.waitKernel("r", anycast4, "a")
		})
	}
}

func (w *network) leak(routes int) {
	w.Helper()
	if err := w.daemons["r"].AnnounceTable(w.Context(), bgp.Table{Routes: routes, Seed: 1}); err != nil {
		w.Fatal(err)
	}
}

// stay asserts that a state holds for longer than any driver takes to bring a session
// back.
func (w *network) stay(what string, ok func(ctx context.Context) (bool, error)) {
	w.Helper()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.Context()), wide)
		holds, err := ok(ctx)
		cancel()
		if !holds {
			w.logs()
			w.Fatalf("no longer: %s (%v)", what, err)
		}
	}
}
