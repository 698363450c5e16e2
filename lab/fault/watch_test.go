package fault_test

import (
	"strings"
	"testing"
	"time"

	"anylab/lab/fault"
)

// How the end that hears nothing counts decides, not how the other one does.
func TestTheoryFollowsTheWatcher(t *testing.T) {
	s := setting(parse(t, `
name: watchers
nodes:
  drawer:  {role: router, asn: 65000}
  unknown: {role: router, asn: 65010}
  hasty:   {role: router, asn: 65020}
  a:       {role: anycast, asn: 65001}
  b:       {role: anycast, asn: 65002}
  patient: {role: anycast, asn: 65003}
links:
  - endpoints: [drawer, a]
  - endpoints: [unknown, b]
  - endpoints: [hasty, drawer]
  - endpoints: [hasty, patient]
    bfd: {interval: 100ms, multiplier: 2}
bgp: {hold: 8s, keepalive: 2s}
anycast: 192.0.2.100/32
`))
	for _, tt := range []struct {
		kind      string
		at        fault.Place
		params    string
		low, high time.Duration // 0: it is not known
		why       string
	}{
		{"blackhole", on("drawer", "a"), "", 4 * time.Second, 8 * time.Second, "drawn between 6 s and 8 s"},
		{"blackhole", on("hasty", "drawer"), "", 4 * time.Second, 8 * time.Second, "drawn between 6 s and 8 s"}, // the other end waits for 8 s, too
		{"power-loss", on("a"), "", 4 * time.Second, 8 * time.Second, "drawn between 6 s and 8 s"},
		{"blackhole", oneWay("a", "drawer"), "", 4 * time.Second, 8 * time.Second, "drawn between"},
		{"blackhole", oneWay("drawer", "a"), "", 6 * time.Second, 10 * time.Second, "one more keepalive within 2 s"},
		{"router-power-loss", on("drawer"), "", 6 * time.Second, 8 * time.Second, "hold time of 8 s"}, // a waits for it
		{"blackhole", on("unknown", "b"), "", 0, 0, "not known: its own file says so"},
		{"power-loss", on("b"), "", 0, 0, "not known: its own file says so"},
		{"blackhole", on("hasty", "patient"), "", 700 * time.Millisecond, 800 * time.Millisecond, "8 x 100 ms"},
		{"blackhole", on("hasty", "patient"), "only: bfd", 100 * time.Millisecond, 200 * time.Millisecond, "2 x 100 ms"}, // patient is quick, and BGP passes
		{"blackhole", oneWay("patient", "hasty"), "only: bfd", 700 * time.Millisecond, 800 * time.Millisecond, "8 x 100 ms"},
	} {
		got := build(t, tt.kind, tt.at, tt.params).Declare(s).Theory
		if got.Low != tt.low || got.High != tt.high || got.Unbounded != (tt.high == 0) || !strings.Contains(got.Why, tt.why) {
			t.Errorf("%s on %v: %+v, want %v to %v, %s", tt.kind, tt.at, got, tt.low, tt.high, tt.why)
		}
		if tt.kind == "blackhole" && tt.high >= 4*time.Second && got.Told != fault.Silence {
			t.Errorf("%s on %v: told by %q: nothing but the router's own route is seen", tt.kind, tt.at, got.Told)
		}
	}
}
