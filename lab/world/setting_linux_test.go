package world_test

import (
	"strings"
	"testing"

	"anylab/lab/world"
)

const restarting = `
name: restarting
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  u: {role: client}
links:
  - {endpoints: [r, a], bfd: {interval: 50ms, multiplier: 3}}
  - {endpoints: [r, b], bgp: {graceful_restart: 120s}, bfd: {interval: 50ms, multiplier: 3}}
  - endpoints: [r, u]
anycast: 192.0.2.100/32
`

// What the node's daemon can't do is refused likewise.
func TestChecksAskTheDaemon(t *testing.T) {
	for _, tt := range []struct {
		kind, params, daemon, file string
		want                       string // a part of the error; empty: it can be done
	}{
		{"attribute-change", "prepend: 2", "bird", "", ""},
		{"attribute-change", "prepend: 2", "bird", "bird.conf", "node b: the driver of bird can't change the attributes"},
		{"drain", "", "bird", "bird.conf", "the user's own file"},
		{"drain", "", "exabgp", "exabgp.conf", ""},
		{"withdraw", "", "bird", "bird.conf", ""},
		{"daemon-restart", "graceful: true", "openbgpd", "", "node b: the driver of openbgpd can't stop it gracefully"},
		{"attribute-change", "prepend: 252", "frr", "", ""},
		{"attribute-change", "prepend: 253", "frr", "", "prepend: 253 times is more than frr can do; it is at most 252"},
		{"attribute-change", "prepend: 128", "openbgpd", "", ""},
		{"attribute-change", "prepend: 129", "openbgpd", "", "it is at most 128"},
		{"attribute-change", "prepend: 255", "bird", "", ""},
		{"daemon-restart", "", "openbgpd", "", ""},
		{"daemon-restart", "graceful: true", "frr", "", ""},
		{"session-reset", "mode: soft", "openbgpd", "", ""},
		{"session-reset", "", "exabgp", "", ""},
		{"bfd-freeze", "", "frr", "", ""},
		{"bfd-freeze", "", "bird", "", "node b: the driver of bird can't silence its BFD alone: BFD is a part of its one process"},
	} {
		top := parse(t, restarting)
		for i := range top.Nodes {
			if n := &top.Nodes[i]; n.Name == "b" {
				n.Daemon, n.Config = tt.daemon, tt.file
			}
		}
		err := build(t, tt.kind, on("b"), tt.params).Check(world.Setting(top, services(top)))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s {%s} with %s %s: %v, want %q", tt.kind, tt.params, tt.daemon, tt.file, err, tt.want)
		}
	}
}
