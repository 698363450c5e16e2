package bgp_test

import (
	"context"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

const limitLab = `
name: limit
nodes:
  r: {role: router, asn: 65000, daemon: DAEMON}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  u: {role: client}
links:
  - {endpoints: [r, a], to: {r: {max_prefixes: 50}}}
  - {endpoints: [r, b]}
  - {endpoints: [r, u]}
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

// A session that brings too many prefixes ends, and all that it brought goes with it,
// the anycast route as well. Daemons whose drivers can't do that are refused by name.
func TestConformanceLimit(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Names() {
		t.Run(name, func(t *testing.T) {
			text := strings.ReplaceAll(limitLab, "DAEMON", name)
			if can := bgp.CapabilitiesOf(name); !can.Routes {
				return
			} else if !can.Limit {
				top, err := topologies.Parse("limit.yaml", []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				if err := bgp.Check(top); err == nil || !strings.Contains(err.Error(), "max_prefixes, which the driver of "+name) {
					t.Errorf("%v, want a refusal that names %s", err, name)
				}
				return
			}
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := open(t, text)
			w.announce("a", anycast4)
			w.announce("b", anycast4)
			w.waitKernel("r", anycast4, "a")
			if err := w.daemons["a"].AnnounceTable(context.Background(), bgp.Table{Routes: 40, Seed: 1}); err != nil {
				t.Fatal(err)
			}
			w.until("40 more are heard", func(context.Context) (bool, error) { return w.peers("r")[0].Received > 40, nil })
			w.waitKernel("r", anycast4, "a")
			if err := w.daemons["a"].AnnounceTable(context.Background(), bgp.Table{Routes: 100, Seed: 1}); err != nil {
				t.Fatal(err)
			}
			w.waitKernel("r", anycast4, "b")
		})
	}
}
