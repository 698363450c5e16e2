package bgp_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/bgp"
	"anylab/topologies"
)

func parse(t *testing.T, yaml string) topologies.Topology {
	t.Helper()
	topology, err := topologies.Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return topology
}

var compareAddrs = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestConfigure(t *testing.T) {
	topology := parse(t, `
name: dual
summary: Two families, timers and BFD of one link.
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  u: {role: client}
links:
  - endpoints: [r, a]
    bgp: {hold: 6s, keepalive: 2s}
    bfd: {interval: 50ms, multiplier: 3}
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: [192.0.2.100/32, 2001:db8::100/128]
`)
	link, client := topology.Links[0], topology.Links[1]
	n := bgp.Neighbor{
		Node: "a", Link: "r-a", Dev: link.Ends[0].Dev, ASN: 65001,
		Local: link.Ends[0].IPv4.Addr(), Remote: link.Ends[1].IPv4.Addr(), Families: []bool{false},
		Hold: 6 * time.Second, Keepalive: 2 * time.Second,
		BFD: &topologies.BFD{Interval: 50 * time.Millisecond, Multiplier: 3},
	}
	n6 := n
	n6.Local, n6.Remote, n6.Families = link.Ends[0].IPv6.Addr(), link.Ends[1].IPv6.Addr(), []bool{true}
	want := bgp.Config{
		Node: "r", ASN: 65000, RouterID: topology.Nodes[0].RouterID,
		Neighbors: []bgp.Neighbor{n, n6},
		Originate: []netip.Prefix{client.Ends[0].IPv4.Masked(), client.Ends[0].IPv6.Masked()},
	}
	got, err := bgp.Configure(topology, "r")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, compareAddrs, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
		t.Errorf("the router's configuration (-want +got):\n%s", d)
	}
	got, err = bgp.Configure(topology, "a")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Originate) > 0 || len(got.Neighbors) != 2 || !got.Neighbors[0].Passive || got.Neighbors[0].Remote != n.Local {
		t.Errorf("the node's configuration is %+v, want two passive sessions with the router and no prefix", got)
	}
}

func TestConfigureOneFamily(t *testing.T) {
	c, err := bgp.Configure(parse(t, strings.Replace(twoNodes, "192.0.2.100/32", "2001:db8::100/128", 1)), "r")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Neighbors) != 1 || !c.Neighbors[0].Remote.Is6() || len(c.Originate) != 1 || !c.Originate[0].Addr().Is6() {
		t.Errorf("configuration %+v, want IPv6 alone", c)
	}
}

func TestConfigureSameAS(t *testing.T) {
	topology := parse(t, twoNodes)
	topology.Nodes[1].ASN = topology.Nodes[0].ASN
	c, err := bgp.Configure(topology, "r")
	if err != nil {
		t.Fatal(err)
	}
	if !c.Neighbors[0].NextHopSelf {
		t.Error("an internal session without next-hop-self")
	}
}

func TestConfigureRefuses(t *testing.T) {
	topology := parse(t, twoNodes)
	for node, want := range map[string]string{"u": "client", "nobody": `no node called "nobody"`} {
		if _, err := bgp.Configure(topology, node); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("configure %s: %v, want %q", node, err, want)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, name := range bgp.Speakers() {
		d, err := bgp.Named(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := d.Available(); err != nil {
			t.Logf("%s is not available: %v", name, err)
		}
	}
	if _, err := bgp.Named("gobpg"); err == nil || !strings.Contains(err.Error(), "gobgp") {
		t.Errorf("error %v, want the allowed names", err)
	}
}
