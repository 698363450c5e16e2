package topologies

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// forwarding loads a topology whose router has the given options.
func forwarding(t *testing.T, options string) Topology {
	t.Helper()
	top, err := Parse("t.yaml", []byte(`
name: t
nodes:
  r: {role: router, asn: 65000, multipath: true`+options+`}
  a: {role: anycast, asn: 65001}
  u: {role: client}
links: [{endpoints: [r, a]}, {endpoints: [r, u]}]
anycast: 192.0.2.100/32
`))
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func TestForwarding(t *testing.T) {
	for options, want := range map[string]Forwarding{
		"":                        {Hash: HashL4},
		", multipath_hash: l3":    {Hash: HashL3},
		", resilient: none":       {Hash: HashL4},
		", resilient: {}":         {Hash: HashL4, Resilient: &Resilient{Buckets: 128, Idle: 2 * time.Minute}},
		", resilient: {idle: 0s}": {Hash: HashL4, Resilient: &Resilient{Buckets: 128}},
		", ignore_routes_with_linkdown: true, resilient: {buckets: 9, idle: 50ms, unbalanced: 1s}": {
			Hash: HashL4, IgnoreLinkDown: true, Resilient: &Resilient{9, 50 * time.Millisecond, time.Second},
		},
	} {
		top := forwarding(t, options)
		if diff := cmp.Diff(want, top.Nodes[0].Forwarding); diff != "" {
			t.Errorf("%q (-want +got):\n%s", options, diff)
		}
		for _, n := range top.Nodes[1:] {
			if diff := cmp.Diff(Forwarding{}, n.Forwarding); diff != "" {
				t.Errorf("%q: %s is no router: %s", options, n.Name, diff)
			}
		}
	}
}

func TestForwardingMistakes(t *testing.T) {
	text := forwarding(t, "").Source.String()
	for _, test := range []struct{ old, new, want string }{
		{"multipath: true", "multipath: true, multipath_hash: l2", "l3"},
		{"multipath: true", "resilient: {}", "need multipath: true"},
		{"multipath: true", "multipath: true, resilient: some", "is not a resilient group"},
		{"multipath: true", "multipath: true, resilient: {buckets: 0}", "at least 1"},
		{"multipath: true", "multipath: true, resilient: {buckets: 70000}", "1 to 65535"},
		{"multipath: true", "multipath: true, resilient: {idle: 5ms}", "multiples of 10 ms"},
		{"multipath: true", "multipath: true, resilient: {unbalanced: 25h}", "multiples of 10 ms"},
		{"asn: 65001", "asn: 65001, multipath_hash: l3", "a is no router"},
		{"role: client", "role: client, ignore_routes_with_linkdown: true", "u is no router"},
	} {
		_, err := Parse("t.yaml", []byte(strings.Replace(text, test.old, test.new, 1)))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want one that says %q", test.new, err, test.want)
		}
	}
}
