package bgp_test

import (
	"net/netip"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// Each router prefers a, whose router id is lower, but for what is said of its
// link. The last one, watch, hears of three ways: the first is not announced
// to it, the second has a longer path.
const policyLab = `
name: policy
nodes:
  a:      {role: anycast, asn: 65001}
  b:      {role: anycast, asn: 65001}
  longer: {role: router, asn: 65010, daemon: ROUTER}
  metric: {role: router, asn: 65011, daemon: ROUTER}
  marked: {role: router, asn: 65012, daemon: ROUTER}
  likes:  {role: router, asn: 65013, daemon: ROUTER}
  keeps:  {role: router, asn: 65014, daemon: ROUTER}
  acts:   {role: router, asn: 65015, daemon: ROUTER}
  plain:  {role: router, asn: 65016, daemon: ROUTER}
  watch:  {role: router, asn: 65017, daemon: ROUTER}
  u:      {role: client}
links:
  - {endpoints: [longer, a], to: {longer: {prepend: 1}}}
  - {endpoints: [longer, b]}
  - {endpoints: [metric, a], to: {metric: {med: 50}}}
  - {endpoints: [metric, b], to: {metric: {med: 49}}}
  - {endpoints: [marked, a], to: {marked: {communities: ["65012:7", graceful-shutdown]}}}
  - {endpoints: [marked, b]}
  - {endpoints: [likes, a]}
  - {endpoints: [likes, b], to: {likes: {local_preference: 101}}}
  - {endpoints: [keeps, a], to: {keeps: {communities: no-export}}}
  - {endpoints: [acts, a], to: {acts: {communities: ["65015:1", "65015:2"]}}}
  - {endpoints: [plain, a]}
  - {endpoints: [keeps, watch]}
  - {endpoints: [acts, watch], to: {watch: {actions: [{community: "65015:2", prepend: 1}, {community: "65015:3", prepend: 9}]}}}
  - {endpoints: [plain, watch], to: {watch: {actions: [{community: "65015:2", prepend: 9}]}}}
  - {endpoints: [watch, u]}
bgp: {hold: 9s, keepalive: 3s}
daemon: DAEMON
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// TestConformancePolicy: what the topology says of routes is what every daemon
// does with them.
func TestConformancePolicy(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			yaml := strings.NewReplacer("ROUTER", routerFor(name), "DAEMON", name).Replace(policyLab)
			top, err := topologies.Parse("policy.yaml", []byte(yaml))
			if err != nil {
				t.Fatal(err)
			}
			if err := bgp.Check(top); err != nil {
				t.Fatal(err)
			}
			w := open(t, yaml)
			w.announceAll("a", "b")
			for _, p := range []netip.Prefix{anycast4, anycast6} {
				for _, r := range []string{"longer", "metric", "marked", "likes"} {
					w.waitKernel(r, p, "b")
				}
				for _, r := range []string{"keeps", "acts", "plain"} {
					w.waitKernel(r, p, "a")
				}
				w.waitKernel("watch", p, "plain")
			}
		})
	}
}

// What a daemon hasn't is refused by the name of the link and the daemon.
func TestPolicyRefused(t *testing.T) {
	const lab = `
name: refused
nodes:
  r: {role: router, asn: 65000, daemon: ROUTER}
  a: {role: anycast, asn: 65001, daemon: DAEMON}
  b: {role: anycast, asn: 65002, daemon: gobgp}
  u: {role: client}
links:
  - {endpoints: [r, a], LINK}
  - {endpoints: [r, b], bgp: {graceful_restart: 9s, llgr: 30s}}
  - {endpoints: [r, u]}
anycast: 192.0.2.100/32
`
	for _, tt := range []struct{ daemon, link, want string }{
		{"exabgp", "to: {a: {local_preference: 200}}", "link r-a: to: a: local_preference: exabgp chooses no routes"},
		{"exabgp", "to: {a: {max_prefixes: 10}}", "x.yaml:9:48: node a: link r-a: to: a: max_prefixes, which the driver of exabgp can't do; that is done by bird, frr, gobgp, gobgpd, openbgpd only"},
		{"exabgp", "bgp: {ttl_security: true}", "x.yaml:9:45: node a: link r-a has ttl_security, which the driver of exabgp can't do; that is done by bird, frr, gobgp, gobgpd, openbgpd only"},
		{"openbgpd", "bgp: {password: secret}", "x.yaml:9:41: node a: link r-a has a password; openbgpd, which waits here"},
		{"gobgpd", "unnumbered: true, bgp: {password: secret}", "x.yaml:9:59: node r: link r-a is unnumbered and has a password, which gobgp can't do"},
		{"exabgp", "to: {r: {actions: [{community: '1:1', prepend: 1}]}}", "link r-a: to: r: actions: exabgp passes no routes on"},
		{"openbgpd", "to: {r: {prepend: 129}}", "link r-a: to: r: prepend 129; openbgpd can do 128 at most"},
		{"bird", "bgp: {mrai: 5s}", "link r-a has an mrai, which bird can't do; that is done by frr only"},
		{"gobgpd", "bfd: {interval: 100ms}", "link r-a has BFD, which gobgpd can't do; that is done by bird, frr, gobgp only"},
		{"exabgp", "bgp: {graceful_restart: 9s, llgr: 60s}", "x.yaml:9:59: node a: link r-a has llgr, which exabgp can't do; that is done by bird, frr, gobgp, gobgpd only"},
		{"frr", "bgp: {graceful_restart: 9s, llgr: 60s}", "x.yaml:10:59: node r: link r-b: llgr 30 s; frr has one for all sessions with graceful_restart, and another has 1 min"},
		{"frr", "bgp: {idle_hold: 60s}", "x.yaml:9:42: node r: link r-a has an idle_hold, which frr can't do; that is done by bird, gobgp only"},
		{"gobgpd", "bgp: {idle_hold: 60s}", "node a: link r-a has an idle_hold, which gobgpd can't do"},
		{"exabgp", "bgp: {idle_hold: 60s}", "node a: link r-a has an idle_hold, which exabgp can't do"},
		{"openbgpd", "bgp: {idle_hold: 60s}", "node a: link r-a has an idle_hold, which openbgpd can't do"},
		{"gobgp", "bgp: {idle_hold: 60s, graceful_restart: 9s}", "x.yaml:9:42: node r: link r-a: idle_hold with graceful_restart; gobgp idles for 5 s then"},
		{"frr", "bgp: {mrai: 601s}", "x.yaml:9:37: node r: link r-a: mrai 601 s; frr takes whole seconds, up to 10 min"},
	} {
		top, err := topologies.Parse("x.yaml", []byte(strings.NewReplacer("DAEMON", tt.daemon, "ROUTER", routerFor(tt.daemon), "LINK", tt.link).Replace(lab)))
		if err != nil {
			t.Fatal(err)
		}
		if err := bgp.Check(top); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s on %s: %v, want %q", tt.link, tt.daemon, err, tt.want)
		}
	}
}

// MRAI and damping are FRR's only.
func TestUnknownToOthers(t *testing.T) {
	const lab = `
name: refused
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001, daemon: DAEMON, NODE}
  u: {role: client}
links:
  - {endpoints: [r, a], LINK}
  - {endpoints: [r, u]}
anycast: 192.0.2.100/32
`
	for _, name := range bgp.Speakers() {
		can := bgp.CapabilitiesOf(name)
		for _, tt := range []struct {
			node, link, want string
			able             bool
		}{
			{"damping: {half_life: 1m}", "switch: true", "node a has damping, which " + name + " can't do; that is done by frr only", can.Damping},
			{"multipath: false", "bgp: {mrai: 5s}", " has an mrai, which " + name + " can't do; that is done by frr only", can.MRAI},
		} {
			text := strings.NewReplacer("DAEMON", name, "NODE", tt.node, "LINK", tt.link, "asn: 65000}", "asn: 65000, daemon: frr}").Replace(lab)
			top, err := topologies.Parse("x.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			switch err := bgp.Check(top); {
			case tt.able && err != nil:
				t.Errorf("%s: %v", name, err)
			case !tt.able && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "x.yaml:")):
				t.Errorf("%s, %s %s: %v, want %q", name, tt.node, tt.link, err, tt.want)
			}
		}
	}
}
