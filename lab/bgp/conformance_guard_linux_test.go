package bgp_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

// a's sessions with near and far are as the topology says. stranger and afar are not:
// one has another password, and the other sends with a TTL that is not the highest.
const guardLab = `
name: guard
nodes:
  near:     {role: router, asn: 65010}
  far:      {role: router, asn: 65011}
  stranger: {role: router, asn: 65012}
  afar:     {role: router, asn: 65013}
  a:        {role: anycast, asn: 65001, daemon: DAEMON}
  u:        {role: client}
links:
  - {endpoints: [near, a]}
  - {endpoints: [far, a], hop: true}
  - {endpoints: [stranger, a]}
  - {endpoints: [afar, a]}
  - {endpoints: [near, u]}
bgp: {hold: 9s, keepalive: 3s, GUARDS}
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// Passwords (RFC 2385) and ttl_security (RFC 5082) let in who has them, over a hop as
// well, and nobody else.
func TestConformanceGuard(t *testing.T) {
	t.Parallel()
	onlyOne := map[string]struct{ guard, out string }{
		"exabgp":   {"password: secret-1", "stranger"},
		"openbgpd": {"ttl_security: true", "afar"},
	}
	for _, name := range bgp.Speakers() {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			one := onlyOne[name]
			yaml := strings.NewReplacer("DAEMON", name, "GUARDS", cmp.Or(one.guard, "password: secret-1, ttl_security: true")).Replace(guardLab)
			w := startAs(t, labtest.Open(t, yaml), func(c *bgp.Config) {
				for i := range c.Neighbors {
					switch n := &c.Neighbors[i]; {
					case c.Node == "stranger" && n.Password != "":
						n.Password = "secret-2"
					case c.Node == "afar":
						n.GTSM = false
					}
				}
			})
			in, out := []string{"near", "far"}, []string{"stranger", "afar"}
			if one.out != "" {
				out = []string{one.out}
			}
			w.established(in...)
			w.stay("strangers are kept out", func(ctx context.Context) (bool, error) {
				peers, err := w.daemons["a"].Peers(ctx)
				let := slices.ContainsFunc(peers, func(p bgp.Peer) bool {
					return p.State == bgp.Established && slices.Contains(out, p.Node)
				})
				return err == nil && !let, fmt.Errorf("%v (%w)", peers, err)
			})
		})
	}
}
