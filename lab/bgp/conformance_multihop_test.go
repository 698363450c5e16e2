package bgp_test

import (
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/topologies"
)

// A lab with a router without BGP on the way to each site.
const multihopLab = `
name: multihop
nodes:
  r: {role: router, asn: 65000, daemon: DAEMON}
  a: {role: anycast, asn: 65001, daemon: DAEMON}
  b: {role: anycast, asn: 65002}
  u: {role: client}
links:
  - {endpoints: [r, a], hop: true}
  - {endpoints: [r, b], hop: true}
  - {endpoints: [r, u]}
bgp: {hold: 3s, keepalive: 1s}
anycast: 192.0.2.100/32
`

func TestConformanceMultihop(t *testing.T) {
	for _, name := range bgp.Names() {
		t.Run(name, func(t *testing.T) {
			if !require(t, name).Capabilities().Multihop {
				refusesMultihop(t, name)
				return
			}
			w := open(t, strings.ReplaceAll(multihopLab, "DAEMON", name))
			w.announce("a", anycast4)
			w.announce("b", anycast4)
			w.waitKernel("r", anycast4, "a")
			w.withdraw("a", anycast4)
			w.waitKernel("r", anycast4, "b")
			w.announce("a", anycast4)
			w.waitKernel("r", anycast4, "a")
		})
	}
}

// refusesMultihop: what the driver can't do is said before anything is built.
func refusesMultihop(t *testing.T, name string) {
	t.Helper()
	text := strings.Replace(multihopLab, "daemon: DAEMON", "daemon: gobgp", 1)
	top, err := topologies.Parse("multihop.yaml", []byte(strings.ReplaceAll(text, "DAEMON", name)))
	if err != nil {
		t.Fatal(err)
	}
	if err := bgp.Check(top); err == nil || !strings.Contains(err.Error(), "node a: link r-a has a hop in between, and the driver of "+name) {
		t.Errorf("a hop with %s: %v", name, err)
	}
}

// A hop forwards IPv4 only.
func TestMultihopIPv6IsRefused(t *testing.T) {
	text := strings.Replace(strings.ReplaceAll(multihopLab, "DAEMON", "gobgp"), "192.0.2.100/32", "2001:db8::100/128", 1)
	top, err := topologies.Parse("multihop.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := bgp.Check(top); err == nil || !strings.Contains(err.Error(), "IPv4 only") {
		t.Errorf("IPv6 over a hop: %v", err)
	}
}
