package bgp_test

import (
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// TestConformanceUnnumbered pairs every daemon that has unnumbered sessions with
// itself as the router where it can be one, and FRR, which learns its neighbors from
// router advertisements, with those that send none of their own. One session
// carries both families, over a switch that hides the carrier; BFD watches it.
func TestConformanceUnnumbered(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{{"frr", "bird"}, {"frr", "gobgp"}, {"bird", "frr"}, {"gobgp", "frr"}, {"gobgp", "bird"}, {"frr", "gobgpd"}}
	for _, name := range bgp.Speakers() {
		if d, err := bgp.Named(name); err == nil && d.Capabilities().Unnumbered {
			pairs = append(pairs, [2]string{name, name})
		}
	}
	for _, pair := range pairs {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			var can [2]bgp.Capabilities
			for i, name := range pair {
				can[i] = require(t, name).Capabilities()
			}
			link := "unnumbered: true, switch: true, bgp: {hold: 90s, keepalive: 30s}"
			if can[0].BFD && can[1].BFD {
				link += ", bfd: {interval: 100ms, multiplier: 3}"
			}
			w := open(t, strings.NewReplacer("ROUTER", routerFor(pair[0]), "DAEMON", pair[1], "MULTIPATH", "false",
				"  - endpoints: [r, a]\n", "  - {endpoints: [r, a], "+link+"}\n",
				"  - endpoints: [r, b]\n", "  - {endpoints: [r, b], unnumbered: true}\n").Replace(conformanceLab))
			w.announceAll("a", "b")
			w.waitAll("r", "a")
			w.hears("a", "r") // one session over each link
			w.hears("r", "a", "b")
			testAnnounce(w)
			testReset(w)
			if can[0].BFD && can[1].BFD {
				bfdUp(w)
				bfdDown(w)
			}
			testKilled(w)
		})
	}
}
