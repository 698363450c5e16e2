package fault_test

import (
	"strings"
	"testing"
	"time"

	"anylab/lab/fault"
)

// mixed has a link of each kind: BFD, a hold time only, neither, and a switch
// with and without BFD; and a second router.
const mixed = `
name: mixed
nodes:
  r:  {role: router, asn: 65000, multipath: true}
  s:  {role: router, asn: 65010}
  a:  {role: anycast, asn: 65001}
  b:  {role: anycast, asn: 65002}
  c:  {role: anycast, asn: 65003}
  d:  {role: anycast, asn: 65004}
  e:  {role: anycast, asn: 65005}
  g:  {role: anycast, asn: 65006}
  h:  {role: router, asn: 65020, fast_external_failover: false}
  f:  {role: router, asn: 65021, fast_external_failover: false}
  i:  {role: anycast, asn: 65007}
  j:  {role: anycast, asn: 65008}
  u:  {role: client}
links:
  - {endpoints: [r, i], bfd: {interval: 1s, multiplier: 8}, bgp: {hold: 3s, keepalive: 1s}}
  - {endpoints: [r, j], bfd: {interval: 500ms, multiplier: 5}, bgp: {hold: 3s, keepalive: 1s}}
  - {endpoints: [r, a], bfd: {interval: 50ms, multiplier: 3}}
  - {endpoints: [r, b], bgp: {hold: 3s, keepalive: 1s}, to: {r: {max_prefixes: 100}}}
  - {endpoints: [r, c], bgp: {hold: 0s}}
  - {endpoints: [r, d], switch: true}
  - {endpoints: [r, s], bgp: {hold: 6s, keepalive: 2s}}
  - {endpoints: [s, a]}
  - {endpoints: [h, g]}
  - {endpoints: [f, g]}
  - {endpoints: [h, e], bfd: {interval: 50ms, multiplier: 3}}
  - {endpoints: [r, u]}
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

func TestTheory(t *testing.T) {
	s := setting(parse(t, mixed))
	const ms, sec = time.Millisecond, time.Second
	never := fault.Theory{Unbounded: true}
	within := func(low, high, period time.Duration) fault.Theory {
		return fault.Theory{Low: low, High: high, Period: period}
	}
	for _, tt := range []struct {
		kind   string
		at     fault.Place
		params string
		want   fault.Theory
		why    string // a part of it
	}{
		{"blackhole", on("r", "a"), "", within(100*ms, 150*ms, 50*ms), "3 x 50 ms"},
		{"blackhole", oneWay("r", "a"), "", within(100*ms, 150*ms, 50*ms), "BFD"},
		{"blackhole", oneWay("a", "r"), "", within(100*ms, 150*ms, 50*ms), "BFD"},
		{"blackhole", on("r", "a"), "only: bfd", within(100*ms, 150*ms, 50*ms), "BFD"},
		{"blackhole", on("r", "a"), "only: bgp", within(6*sec, 9*sec, 3*sec), "hold time of 9 s"},
		{"blackhole", on("r", "a"), "only: data", never, "keepalives and BFD pass"},
		{"blackhole", on("r", "b"), "", within(2*sec, 3*sec, sec), "hold time of 3 s"},
		{"blackhole", oneWay("b", "r"), "", within(2*sec, 3*sec, sec), "hold time of 3 s"},
		{"blackhole", oneWay("r", "b"), "", within(3*sec, 4*sec, sec), "holds back what b"},
		{"blackhole", on("r", "i"), "", within(2*sec, 3*sec, sec), "hold time of 3 s, less up to 1 s since the last keepalive, before BFD would give up"},
		{"blackhole", on("r", "i"), "only: bfd", within(7*sec, 8*sec, sec), "8 x 1 s"},
		{"blackhole", oneWay("r", "i"), "", within(3*sec, 4*sec, sec), "holds back what i"},
		{"blackhole", on("r", "j"), "", within(2*sec, 2500*ms, sec), "whichever is first"},
		{"blackhole", on("r", "c"), "", never, "neither BFD nor a hold time"},
		{"blackhole", on("r", "u"), "", never, "no session"},
		{"loss", on("r", "a"), "percent: 50%", never, "some packets pass"},
		{"loss", on("r", "a"), "percent: 100%", within(100*ms, 150*ms, 50*ms), "BFD"},
		{"switch-down", on("r", "d"), "", within(6*sec, 9*sec, 3*sec), "hold time"},
		{"link-down", on("r", "a"), "", within(0, ms, 0), "carrier"},
		{"link-down", on("r", "d"), "", within(6*sec, 9*sec, 3*sec), "hold time"},
		{"link-down", fault.Place{On: []string{"r", "d"}, End: "r"}, "", within(0, ms, 0), "carrier"},
		{"link-down", on("h", "g"), "", within(6*sec, 9*sec, 3*sec), "hold time"},
		{"link-down", on("h", "e"), "", within(100*ms, 150*ms, 50*ms), "BFD"},
		{"link-down", fault.Place{On: []string{"h", "g"}, End: "h"}, "", within(0, ms, 0), "carrier"},
		{"link-down", on("f", "g"), "", within(0, ms, 0), "carrier"}, // it follows next hops
		{"link-flap", on("r", "b"), "", within(0, ms, 0), "carrier"},
		{"ecmp-member-down", on("r", "a"), "", within(0, ms, 0), "carrier"},
		{"isolate", on("a"), "", within(0, ms, 0), "carrier"},
		{"isolate", on("d"), "", within(6*sec, 9*sec, 3*sec), "hold time"},
		{"isolate", on("u"), "", never, "no session"},
		{"power-loss", on("b"), "", within(2*sec, 3*sec, sec), "hold time of 3 s"},
		{"power-loss", on("a"), "", within(100*ms, 9*sec, 3*sec), "keepalive; seen of it may be who knows first: BFD gives up"}, // r knows by BFD, s does not
		{"power-loss", on("c"), "", never, "neither"},
		{"reboot", on("b"), "", within(2*sec, 3*sec, sec), "hold time of 3 s"},
		{"router-power-loss", on("s"), "", within(4*sec, 9*sec, 3*sec), "hold time of 9 s"}, // r has 6 s with it, a has 9
		{"router-reboot", on("r"), "", never, "neither"},
		{"announce-prefixes", on("a"), "count: 1000", never, "take nothing away"},
		{"announce-prefixes", on("b"), "count: 99", never, "take nothing away"}, // with its anycast route, as many as r allows
		{"announce-prefixes", on("b"), "count: 100", within(0, ms, 0), "r hears more than its max_prefixes, 100"},
		{"cpu-starve", on("b"), "", never, "90 ms"},
		{"cpu-starve", on("a"), "slice: 200ms", within(100*ms, 150*ms, 50*ms), "BFD"},
		{"cpu-starve", on("b"), "slice: 1s", within(200*ms, 300*ms, 100*ms), "which fails after 100 ms, then 1 more check"},
	} {
		got := build(t, tt.kind, tt.at, tt.params).Declare(s).Theory
		why := got.Why
		got.Why, got.Shape, got.Told = "", "", ""
		if got != tt.want || !strings.Contains(why, tt.why) {
			t.Errorf("%s on %v %s: %+v (%s), want %+v (%s)", tt.kind, tt.at, tt.params, got, why, tt.want, tt.why)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	s := setting(parse(t, mixed))
	for _, tt := range []struct {
		kind   string
		at     fault.Place
		params string
		want   string
	}{
		{"blackhole", on("a"), "", "strikes a link"},
		{"blackhole", on("r", "b"), "only: bfd", "needs a link with BFD"},
		{"blackhole", on("r", "u"), "only: bgp", "needs a link with a BGP session"},
		{"loss", on("r", "a"), "percent: 0%", "is none"},
		{"loss", on("a"), "percent: 5%", "strikes a link"},
		{"switch-down", on("r", "a"), "", "has no switch"},
		{"switch-down", on("a"), "", "strikes a link"},
		{"link-down", fault.Place{On: []string{"r", "a"}, End: "b"}, "", "none of the link's ends"},
		{"link-flap", on("r", "a"), "duty: 100%", "does not flap"},
		{"link-flap", on("r", "a"), "duty: 0%", "does not flap"},
		{"link-flap", on("a"), "", "strikes a link"},
		{"isolate", on("r", "a"), "", "strikes one node"},
		{"isolate", on("z"), "", "unknown node"},
		{"power-loss", on("r"), "", "role anycast"},
		{"power-loss", on("r", "a"), "", "strikes one node"},
		{"reboot", on("u"), "", "role anycast"},
		{"router-power-loss", on("a"), "", "role router"},
		{"router-reboot", on("u"), "", "role router"},
		{"cpu-starve", on("u"), "", "runs no process"},
		{"cpu-starve", on("a"), "share: 100%", "less than 100%"},
		{"ecmp-member-down", on("s", "a"), "", "one best path only"},
		{"ecmp-member-down", on("r", "s"), "", "no other next hop than s"},
		{"ecmp-member-down", on("a"), "", "strikes a link"},
	} {
		err := build(t, tt.kind, tt.at, tt.params).Check(s)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s on %v %s: %v, want an error with %q", tt.kind, tt.at, tt.params, err, tt.want)
		}
	}
}

// A check that takes longer than its interval is followed by the next at once.
func TestTheoryOfSlowChecks(t *testing.T) {
	s := setting(parse(t, mixed))
	c := &s.Services["a"][0]
	c.Health.Interval, c.Health.Timeout, c.Health.Fall = 200*time.Millisecond, 500*time.Millisecond, 3
	for kind, low := range map[string]time.Duration{"service-hang": 1500 * time.Millisecond, "service-crash": 400 * time.Millisecond} {
		got := build(t, kind, on("a"), "").Declare(s).Theory
		if got.Low != low || got.High != low+200*time.Millisecond {
			t.Errorf("%s: %v to %v, want from %v, and an interval more", kind, got.Low, got.High, low)
		}
	}
}
