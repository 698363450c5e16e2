package run

import (
	"strings"
	"testing"

	"anylab/lab/labtest"
)

const internalScenario = `name: internal
topology:
  name: internal
  nodes:
    r:    {role: router, asn: 65000REFLECTOR}
    s1:   {role: anycast, asn: 65000}
    s2:   {role: anycast, asn: 65000}
    edge: {role: router, asn: EDGE}
    near: {role: client}
  links:
    - {endpoints: [r, s1]}
    - {endpoints: [r, s2]}
    - {endpoints: [r, edge]}
    - {endpoints: [edge, near]}
  bgp: {hold: 90s, keepalive: 30s}
  bfd: {interval: 100ms, multiplier: 3}
  anycast: 192.0.2.53/32
services:
  - {name: dns, kind: dns, health: {kind: dns, interval: 200ms, timeout: 200ms, fall: 3}}
probes: [{from: near, service: dns, rate: 100/s}]
faults: [FAULT]
trials: 1
`

// Two servers of the router's own AS, one of whose daemons is killed: its session goes, and
// the other serves until it is back. So it is where a reflector loses the session with a
// site, at an edge that is told by the reflector alone.
func TestInternalSessionsAreLost(t *testing.T) {
	for name, in := range map[string]*strings.Replacer{
		"daemon":    strings.NewReplacer("REFLECTOR", "", "EDGE", "65100", "FAULT", "{kind: daemon-kill, on: s1, for: 2s}"),
		"reflector": strings.NewReplacer("REFLECTOR", ", reflector: true", "EDGE", "65000", "FAULT", "{kind: blackhole, on: [r, s1], for: 2s}"),
	} {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			labtest.Require(t, "netns")
			checkTakenOver(t, executed(t, in.Replace(internalScenario)))
		})
	}
}
