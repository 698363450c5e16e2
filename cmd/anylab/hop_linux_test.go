package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"anylab/reports/timeline"
)

// Delay where links have a switch or a hop in the middle, IPv6 and BFD over the hop:
// how far away either site is, and when the silence of the first is found, is known.
const overHop = `
name: over-hop
topology:
  name: over-hop
  nodes:
    r: {role: router, asn: 65000}
    a: {role: anycast, asn: 65001}
    b: {role: anycast, asn: 65002}
    u: {role: client}
  links:
    - {endpoints: [r, a], hop: true, delay: 10ms}
    - {endpoints: [r, b], switch: true, delay: 20ms}
    - {endpoints: [r, u]}
  bgp: {hold: 90s, keepalive: 30s}
  bfd: {interval: 100ms, multiplier: 3}
  anycast: 2001:db8::100/128
services:
  - {name: dns, kind: dns, on: [a, b], health: {kind: dns, interval: 100ms, fall: 2}}
probes:
  - {from: u, service: dns, rate: 200/s, flows: 4}
faults:
  - {kind: blackhole, on: [r, a]}
matrix:
  - {label: gobgp}
  - {label: frr, daemon: frr}
missing: skip
limit: 5s
`

func TestOverAHop(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "over-hop.yaml")
	if err := os.WriteFile(file, []byte(overHop), 0o600); err != nil {
		t.Fatal(err)
	}
	of, daemons := ofCells(t, file), []string{"gobgp"}
	if _, err := exec.LookPath("vtysh"); err == nil {
		daemons = append(daemons, "frr")
	}
	for _, daemon := range daemons {
		f := of(daemon)
		c, ok := f.Of("u")
		if !ok {
			t.Fatalf("%s: nothing is known of the client", daemon)
		}
		if c.RoundTrip.Before < 20*time.Millisecond || c.RoundTrip.After < 40*time.Millisecond || c.RoundTrip.After < c.RoundTrip.Before {
			t.Errorf("%s: round trips %v and %v, want 20 ms and 40 ms", daemon, c.RoundTrip.Before, c.RoundTrip.After)
		}
		stages := f.Broken.Stages
		found := slices.IndexFunc(stages, func(s timeline.Stage) bool { return s.Name == timeline.Detect })
		if found < 0 || stages[found].At.Sub(f.Broken.Zero) < 190*time.Millisecond {
			t.Errorf("%s: found so: %v; want that after 200 to 300 ms", daemon, stages)
		}
	}
}
