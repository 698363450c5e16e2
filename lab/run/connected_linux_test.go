package run

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"anylab/lab/labtest"
	"anylab/lab/record"
)

const connectedSite = `router bgp 65001
 no bgp ebgp-requires-policy
 neighbor 10.1.1.0 remote-as 65101
 address-family ipv4 unicast
  redistribute connected
 exit-address-family
`

const connectedScenario = `name: connected
topology:
  name: connected
  daemon: frr
  nodes:
    tor:  {role: router, asn: 65101}
    s1:   {role: anycast, asn: 65001, daemon: frr, config: %s}
    s2:   {role: anycast, asn: 65002}
    r2:   {role: router, asn: 65102}
    near: {role: client}
  links:
    - endpoints: [tor, s1]
      to: {tor: {address: 10.1.1.0/31}, s1: {address: 10.1.1.1/31}}
    - {endpoints: [tor, r2]}
    - {endpoints: [r2, s2]}
    - {endpoints: [tor, near]}
  anycast: 192.0.2.53/32
services:
  - {name: dns, kind: dns, health: {kind: dns, interval: 200ms, timeout: 200ms, fall: 3, rise: 2}}
probes: [{from: near, service: dns, rate: 100/s}]
faults: [{kind: service-crash, on: s1, for: 2s}]
trials: 1
`

// A site whose own file announces what is connected withdraws when its service
// dies, so another one serves until it is back.
func TestAConnectedSiteWithdraws(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	labtest.Require(t, "/usr/lib/frr/bgpd")
	path := executed(t, withFile(t, connectedScenario, connectedSite))
	checkTakenOver(t, path)
	inject, heal, end := phases(t, path)
	if !toldOn(t, path, inject, heal, func(d record.BGP) []netip.Prefix { return d.Withdraw }) {
		t.Error("s1 withdraws nothing between the crash and its end")
	}
	if !toldOn(t, path, heal, end, func(d record.BGP) []netip.Prefix { return d.Announce }) {
		t.Error("s1 does not announce the address once its service is back")
	}
}

// withFile is a scenario that names the file of a node's own daemon.
func withFile(t *testing.T, scenario, text string) string {
	t.Helper()
	own := filepath.Join(t.TempDir(), "frr.conf")
	if err := os.WriteFile(own, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(scenario, own)
}

// executed carries a scenario out and returns its run directory.
func executed(t *testing.T, text string) string {
	t.Helper()
	p, err := compileFile("lab.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	path, err := execute(t.Context(), t, p)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// checkTakenOver: s1 answers until the fault, s2 from then on, and s1 again once it is
// healed.
func checkTakenOver(t *testing.T, path string) {
	t.Helper()
	inject, heal, end := phases(t, path)
	for _, w := range []struct {
		before record.Time
		node   string
	}{{inject, "s1"}, {heal, "s2"}, {end, "s1"}} {
		if got := lastToAnswer(t, path, w.before); got != w.node {
			t.Errorf("answered by %q before %v, want %s", got, w.before, w.node)
		}
	}
}

// phases are when the trial's fault is injected, when it is healed, and when the
// trial ends.
func phases(t *testing.T, path string) (inject, heal, end record.Time) {
	t.Helper()
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		switch d := e.Data.(type) {
		case record.Fault:
			switch d.Phase {
			case record.FaultInject:
				inject = e.At
			case record.FaultHeal:
				heal = e.At
			}
		case record.Trial:
			if d.Phase == record.TrialEnd {
				end = e.At
			}
		}
	}
	return inject, heal, end
}

// toldOn says whether s1 told its router so of the address, on the wire.
func toldOn(t *testing.T, path string, from, to record.Time, what func(record.BGP) []netip.Prefix) bool {
	t.Helper()
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		d, ok := e.Data.(record.BGP)
		if ok && d.From == "s1" && e.At > from && e.At < to && slices.Contains(what(d), netip.MustParsePrefix("192.0.2.53/32")) {
			return true
		}
	}
	return false
}

// lastToAnswer is who answered the last request that was sent before the moment.
func lastToAnswer(t *testing.T, path string, before record.Time) string {
	t.Helper()
	node, sent := "", record.Time(0)
	for s, err := range record.Samples(path, "near-dns") {
		if err != nil {
			t.Fatal(err)
		}
		if s.Sent < before && s.Sent > sent && !s.Lost() {
			node, sent = s.Node, s.Sent
		}
	}
	return node
}
