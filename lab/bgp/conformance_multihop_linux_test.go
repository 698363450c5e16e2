package bgp_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
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
  - {endpoints: [r, a], hop: trueLINK}
  - {endpoints: [r, b], hop: true}
  - {endpoints: [r, u]}
bgp: {hold: 3s, keepalive: 1s}
anycast: 192.0.2.100/32
`

func TestConformanceMultihop(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		for family, anycast := range map[string]netip.Prefix{"IPv4": anycast4, "IPv6": anycast6} {
			t.Run(name+" "+family, func(t *testing.T) {
				if labtest.Apart(t) {
					return
				}
				w := openMultihop(t, name, name, anycast, "")
				w.withdraw("a", anycast)
				w.waitKernel("r", anycast, "b")
				w.announce("a", anycast)
				w.waitKernel("r", anycast, "a")
				link, err := w.lab.Between("r", "a")
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(quiet) // see settle
				if err := link.SetDown("r"); err != nil {
					t.Fatal(err)
				}
				w.waitKernel("r", anycast, "b")
			})
		}
	}
}

// openMultihop returns when r has the route to a.
func openMultihop(t *testing.T, router, site string, anycast netip.Prefix, link string) *network {
	t.Helper()
	require(t, site)
	require(t, router)
	w := open(t, strings.NewReplacer("ROUTER", routerFor(router), "DAEMON", site, "192.0.2.100/32", anycast.String(), "LINK", link).Replace(multihopLab))
	w.announce("a", anycast)
	w.announce("b", anycast)
	w.waitKernel("r", anycast, "a")
	return w
}

// A silence behind a hop is found by BFD, with its sessions of several hops
// (RFC 5883), whatever the hold time, and whatever TTL the far end sends.
func TestConformanceMultihopBFD(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{{"bird", "frr"}, {"frr", "bird"}, {"bird", "gobgp"}, {"gobgp", "bird"}}
	for _, name := range bgp.Speakers() {
		if d, err := bgp.Named(name); err == nil && canBFD(d.Capabilities()) {
			pairs = append(pairs, [2]string{name, name})
		}
	}
	for _, pair := range pairs {
		for family, anycast := range map[string]netip.Prefix{"IPv4": anycast4, "IPv6": anycast6} {
			t.Run(pair[0]+" to "+pair[1]+" "+family, func(t *testing.T) {
				if labtest.Apart(t) {
					return
				}
				w := openMultihop(t, pair[0], pair[1], anycast, ", bfd: {interval: 100ms, multiplier: 3}, bgp: {hold: 90s, keepalive: 30s}")
				bfdUp(w)
				link, err := w.lab.Between("r", "a")
				if err != nil {
					t.Fatal(err)
				}
				drop, err := link.Drop("a", lab.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				w.waitKernel("r", anycast, "b")
				if err := drop.Remove(); err != nil {
					t.Fatal(err)
				}
				w.waitKernel("r", anycast, "a")
			})
		}
	}
}
