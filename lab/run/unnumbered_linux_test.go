package run

import (
	"testing"
	"time"

	"anylab/lab/labtest"
	"anylab/lab/record"
)

// The site's file is one of a data centre: its neighbor is an interface.
const unnumberedSite = `frr defaults datacenter
bfd
 profile fabric
  transmit-interval 100
  receive-interval 100
 exit
exit
router bgp 65001
 bgp router-id 10.0.0.1
 neighbor FABRIC peer-group
 neighbor FABRIC remote-as external
 neighbor FABRIC bfd
 neighbor FABRIC bfd profile fabric
 neighbor swp1 interface peer-group FABRIC
 address-family ipv4 unicast
  network 192.0.2.53/32
 exit-address-family
exit
`

const unnumberedScenario = `name: unnumbered
topology:
  name: unnumbered
  daemon: frr
  nodes:
    tor:  {role: router, asn: 65101}
    s1:   {role: anycast, asn: 65001, config: %s, interfaces: {eth0: swp1}}
    s2:   {role: anycast, asn: 65002}
    near: {role: client}
  links:
    - {endpoints: [tor, s1], unnumbered: true}
    - {endpoints: [tor, s2], unnumbered: true}
    - {endpoints: [tor, near]}
  bgp: {hold: 90s, keepalive: 30s}
  bfd: {interval: 100ms, multiplier: 3}
  anycast: 192.0.2.53/32
services:
  - {name: dns, kind: dns, health: {kind: dns, interval: 200ms, timeout: 200ms, fall: 3}}
probes: [{from: near, service: dns, rate: 100/s}]
faults: [{kind: blackhole, on: [tor, s1], for: 2s}]
trials: 1
`

// Two sites on unnumbered sessions of FRR: when the packets of one vanish, the session
// that BFD ends is that one's, and the other site serves until they are back.
func TestAnUnnumberedSessionIsFoundByBFD(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	labtest.Require(t, "/usr/lib/frr/bgpd")
	path := executed(t, withFile(t, unnumberedScenario, unnumberedSite))
	checkTakenOver(t, path)
	inject, _, _ := phases(t, path)
	// Each end gives up 200 to 300 ms after the last packet that it could have heard.
	if found := bfdDown(t, path, "tor", "s1", inject).Sub(inject); found < 150*time.Millisecond || found > 1500*time.Millisecond {
		t.Errorf("tor takes the path to s1 for broken after %v, want 200 to 300 ms", found)
	}
}

// bfdDown is when a node first said, after the moment, that it hears nothing of the other.
func bfdDown(t *testing.T, path, from, to string, after record.Time) record.Time {
	t.Helper()
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		d, ok := e.Data.(record.BFD)
		if ok && e.At > after && d.From == from && d.To == to && d.State == "down" {
			return e.At
		}
	}
	t.Errorf("%s never says that BFD to %s is down", from, to)
	return after
}
