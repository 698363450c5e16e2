package bgp_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// Two routers reach the sites, of which slow is told not to end a session for a lost
// carrier, and prompt is not. So is a.
const failoverLab = `
name: failover
nodes:
  slow:   {role: router, asn: 65000, daemon: ROUTER, fast_external_failover: false}
  prompt: {role: router, asn: 65010, daemon: ROUTER}
  a:      {role: anycast, asn: 65001, fast_external_failover: false}
  b:      {role: anycast, asn: 65002}
  u:      {role: client}
links:
  - endpoints: [slow, a]
  - endpoints: [prompt, a]
  - endpoints: [slow, b]
  - endpoints: [prompt, b]
  - endpoints: [slow, u]
bgp: {hold: 90s, keepalive: 30s}
daemon: DAEMON
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// TestConformanceFailover: a session outlasts the carrier of its link where the daemon
// is told so. What follows next hops moves the route all the same, what does not keeps it.
func TestConformanceFailover(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			if !require(t, name).Capabilities().BestPath {
				return // a site only, whose start takes longer than all the others' tests
			}
			router := routerFor(name)
			w := open(t, strings.NewReplacer("ROUTER", router, "DAEMON", name).Replace(failoverLab))
			w.announceAll("a", "b")
			w.settle("slow", "a")
			w.settle("prompt", "a")
			w.setDown("slow", "a", "a")
			w.setDown("prompt", "a", "prompt")
			w.waitAll("prompt", "b")
			w.until("prompt's session with a has ended", func(context.Context) (bool, error) { return !w.sessionUp("prompt", "a"), nil })
			if bgp.CapabilitiesOf(router).NextHops {
				w.waitKernel("slow", anycast4, "b")
				w.waitKernel("slow", anycast6) // nobody follows its next hop, which is link-local: the kernel has no route until the session ends
			} else {
				w.kept("slow", "a")
			}
			for _, heedless := range [][2]string{{"slow", "a"}, {"a", "prompt"}} {
				if !w.sessionUp(heedless[0], heedless[1]) {
					t.Errorf("the session of %s with %s is over, want it to outlast its carrier", heedless[0], heedless[1])
				}
			}
		})
	}
}

// setDown sets one end of a link down: the other loses its carrier.
func (w *network) setDown(router, site, end string) {
	w.Helper()
	link, err := w.lab.Between(router, site)
	if err == nil {
		err = link.SetDown(end)
	}
	if err != nil {
		w.Fatal(err)
	}
}

func (w *network) sessionUp(node, peer string) bool {
	w.Helper()
	return slices.ContainsFunc(w.peers(node), func(p bgp.Peer) bool { return p.Node == peer && p.State == bgp.Established })
}

// What a daemon can't be told is refused where it is said.
func TestFailoverRefused(t *testing.T) {
	const lab = `
name: refused
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001, daemon: DAEMON, NODE}
  u: {role: client}
links:
  - {endpoints: [r, a]}
  - {endpoints: [r, u]}
bgp: {ALL}
anycast: 192.0.2.100/32
`
	for _, tt := range []struct{ daemon, node, all, want string }{
		{"exabgp", "fast_external_failover: true", "hold: 9s", "x.yaml:5:50: a runs exabgp, which takes no notice of a lost carrier; that is done by bird, frr, gobgp only"},
		{"openbgpd", "role: anycast", "fast_external_failover: true", "x.yaml:10:7: a runs openbgpd, which takes no notice"},
		{"gobgpd", "fast_external_failover: true", "fast_external_failover: false", "x.yaml:5:50: a runs gobgpd"},
		{"gobgpd", "fast_external_failover: false", "fast_external_failover: true", ""},
	} {
		text := strings.NewReplacer("DAEMON", tt.daemon, "NODE", tt.node, "ALL", tt.all).Replace(lab)
		top, err := topologies.Parse("x.yaml", []byte(strings.Replace(text, ", role: anycast}", "}", 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := bgp.Check(top); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s {%s} {%s}: %v, want %q", tt.daemon, tt.node, tt.all, err, tt.want)
		}
	}
}
