package bgp_test

import (
	"strings"
	"testing"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// A lab with a router without BGP on the way to each site.
const multihopLab = `
name: multihop
nodes:
  r: {role: router, asn: 65000, daemon: ROUTER}
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
	t.Parallel()
	for _, name := range bgp.Names() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			router := name
			if !require(t, name).Capabilities().Routes {
				router = "gobgp"
			}
			w := open(t, strings.NewReplacer("ROUTER", router, "DAEMON", name).Replace(multihopLab))
			w.announce("a", anycast4)
			w.announce("b", anycast4)
			w.waitKernel("r", anycast4, "a")
			w.withdraw("a", anycast4)
			w.waitKernel("r", anycast4, "b")
			w.announce("a", anycast4)
			w.waitKernel("r", anycast4, "a")
			link, err := w.lab.Between("r", "a")
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(quiet) // see settle
			if err := link.SetDown("r"); err != nil {
				t.Fatal(err)
			}
			w.waitKernel("r", anycast4, "b")
		})
	}
}

// A hop forwards IPv4 only.
func TestMultihopIPv6IsRefused(t *testing.T) {
	text := strings.Replace(strings.NewReplacer("ROUTER", "gobgp", "DAEMON", "gobgp").Replace(multihopLab), "192.0.2.100/32", "2001:db8::100/128", 1)
	top, err := topologies.Parse("multihop.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := bgp.Check(top); err == nil || !strings.Contains(err.Error(), "IPv4 only") {
		t.Errorf("IPv6 over a hop: %v", err)
	}
}
