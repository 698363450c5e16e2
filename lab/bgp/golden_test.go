package bgp

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/topologies"
)

var update = flag.Bool("update", false, "write golden files")

// Everything that a configuration can have: both families, multipath, BFD,
// timers of its own, graceful restart, an internal session, attributes, policy.
const everything = `
name: everything
nodes:
  r: {role: router, asn: 65000, multipath: true, fast_external_failover: false, damping: {half_life: 1m}}
  s: {role: router, asn: 65009}
  t: {role: router, asn: 65010}
  a: {role: anycast, asn: 65001}
  u: {role: client}
links:
  - endpoints: [r, a]
    bfd: {interval: 50ms, multiplier: 3}
    bgp: {hold: 3s, keepalive: 1s}
  - endpoints: [r, s]
    bgp: {graceful_restart: 120s, llgr: 600s}
    to:
      s: {add_path: true, med: 5, actions: [{community: "65000:101", prepend: 2}, {community: "65000:102", prepend: 1}]}
      r: {local_preference: 50, add_path: true}
  - endpoints: [s, a]
    bgp: {mrai: 5s, password: s.1, ttl_security: true, connect_retry: 30s, idle_hold: 60s}
    to:
      s: {prepend: 1, med: 20, communities: [no-export, "65009:1"]}
      a: {add_path: true, local_preference: 200, max_prefixes: 1000, actions: [{community: "65000:101", prepend: 2}]}
  - {endpoints: [r, t], unnumbered: true, bfd: {interval: 50ms, multiplier: 3}}
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// generator is a driver that generates configuration files.
type generator interface {
	files(c Config) ([]file, error)
}

func TestGolden(t *testing.T) {
	top, err := topologies.Parse("everything.yaml", []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range drivers {
		g, ok := d.(generator)
		if !ok {
			continue
		}
		for _, node := range []string{"r", "a"} {
			if n, _ := top.Node(node); n.Role == topologies.Router && !d.Capabilities().Routes {
				continue
			}
			c, err := Configure(top, node)
			if err != nil {
				t.Fatal(err)
			}
			if d.Capabilities().VRRP {
				c.VRRP = &VRRP{topologies.Membership{VRRP: topologies.VRRP{ID: 51, Interval: 250 * time.Millisecond}, Dev: "eth0", Priority: 150}, top.Anycast[:1]}
				c.Checks = []HealthCheck{{Command: []string{"curl", "-sf", "http://127.0.0.1/it's"}, Interval: time.Second, Timeout: 2 * time.Second, Fall: 3, Rise: 2}}
			}
			for i, n := range c.Neighbors {
				if n.Node == "s" && node == "r" { // a client, as in a topology of one AS
					c.Neighbors[i].ASN, c.Neighbors[i].NextHopSelf = c.ASN, true
					c.Cluster, c.Neighbors[i].Client = c.RouterID, true
				}
			}
			if node == "a" {
				c.Originate = append(c.Originate, top.Anycast...)
				c.Attributes = map[netip.Prefix]Attributes{
					top.Anycast[0]: {Prepend: 2, MED: 10, LocalPref: 50, Communities: []uint32{GracefulShutdown, 65001<<16 | 7}},
				}
			}
			files, err := g.files(c)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				golden(t, filepath.Join("testdata", "golden", name, node, f.name), f.text)
			}
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
