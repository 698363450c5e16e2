package bgp_test

import (
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// Both sites and the router tell each other all paths; another router hears all, and
// plain hears the best alone.
const addPathLab = `
name: add-path
nodes:
  r:     {role: router, asn: 65000, daemon: ROUTER}
  all:   {role: router, asn: 65010, daemon: ROUTER}
  plain: {role: router, asn: 65011, daemon: ROUTER}
  a:     {role: anycast, asn: 65001}
  b:     {role: anycast, asn: 65002}
  u:     {role: client}
links:
  - {endpoints: [r, a], to: {r: {add_path: true}, a: {add_path: true}}}
  - {endpoints: [r, b], to: {r: {add_path: true}, b: {add_path: true}}}
  - {endpoints: [r, all], to: {all: {add_path: true}}}
  - {endpoints: [r, plain]}
  - {endpoints: [r, u]}
bgp: {hold: 9s, keepalive: 3s}
daemon: DAEMON
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// TestConformanceAddPath: every daemon announces with path identifiers, and hears them;
// as a router it passes on what is not its best as well.
func TestConformanceAddPath(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			can := require(t, name).Capabilities()
			w := open(t, strings.NewReplacer("ROUTER", routerFor(name), "DAEMON", name).Replace(addPathLab))
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			w.waitPaths("all", 2)
			w.waitPaths("plain", 1)
			if can.BestPath {
				w.waitPaths("a", 2) // its own, and b's, which is not r's best
			}
			w.withdraw("a", anycast4, anycast6)
			w.waitAll("r", "b")
			w.waitAll("all", "r")
			w.waitPaths("all", 1)
			w.announceAll("a")
			w.waitPaths("all", 2)
			w.waitAll("r", "a")
		})
	}
}
