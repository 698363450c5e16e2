package bgp_test

import (
	"testing"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// frrConnected announces what its interfaces have, in each family after its
// fashion.
const frrConnected = `
router bgp 65001
 no bgp ebgp-requires-policy
 neighbor 10.0.0.0 remote-as 65000
 neighbor fd00:a11:1ab:: remote-as 65000
 address-family ipv4 unicast
  redistribute connected route-map ANYCAST
 exit-address-family
 address-family ipv6 unicast
  redistribute connected
  neighbor fd00:a11:1ab:: activate
 exit-address-family
exit
route-map ANYCAST permit 10
 match interface anycast0
 set community 65001:7
`

// birdConnected has a static route besides, which the address hides.
const birdConnected = `
router id 10.0.0.1;
protocol device { }
protocol direct { ipv4; ipv6; interface "anycast0"; }
protocol static { ipv4; route 192.0.2.100/32 blackhole; }
template bgp tor { local as 65001; ipv4 { import none; export all; }; ipv6 { import none; export all; }; }
protocol bgp from tor { neighbor 10.0.0.0 as 65000; }
protocol bgp from tor { neighbor fd00:a11:1ab:: as 65000; }
`

// What a file announces because an interface has it is withdrawn for good, and
// comes back; with other attributes it carries those besides its own.
func TestConnectedOfOwnFile(t *testing.T) {
	for _, tt := range []struct{ node, text string }{{"frr", frrConnected}, {"bird", birdConnected}} {
		t.Run(tt.node, func(t *testing.T) {
			require(t, "frr")
			require(t, tt.node)
			top := productionTopology(t, "frr", tt.node, tt.text)
			if err := bgp.Check(top); err != nil {
				t.Fatal(err)
			}
			w := startOn(t, labtest.OpenTopology(t, top, lab.Options{}))
			w.established()
			settled := func(nodes ...string) {
				t.Helper()
				for _, p := range top.Anycast {
					w.waitKernel("r", p, nodes...)
				}
			}
			settled("a")
			w.announceAll("a")
			n, _ := top.Node("a")
			if bgp.Can(n, bgp.ChangeAttributes) == nil {
				drained := bgp.Attributes{Communities: []uint32{bgp.GracefulShutdown}}
				if err := w.daemons["a"].SetAttributes(t.Context(), drained, top.Anycast...); err != nil {
					t.Fatal(err)
				}
				w.waitShown("r", "192.0.2.100/32", "0      0      0 65001 ?") // the second is the local preference
			}
			for range 2 {
				w.withdraw("a", top.Anycast...)
				settled()
				w.announceAll("a")
				settled("a")
			}
			if bgp.Can(n, bgp.ChangeAttributes) == nil {
				w.setAttributes("a", bgp.Attributes{})
				w.waitShown("r", "192.0.2.100/32", "0             0 65001 ?")
			}
		})
	}
}
