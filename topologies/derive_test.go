package topologies

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const small = `name: lab
nodes:
  up: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
  b: {role: anycast, asn: 65002}
  user: {role: client}
links:
  - endpoints: [up, a]
  - endpoints: [up, b]
  - endpoints: [user, up]
anycast: 192.0.2.100/32
`

func parse(t *testing.T, text string) Topology {
	t.Helper()
	top, err := Parse("lab.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// ends lists a topology's interfaces, one a line.
func ends(t Topology) string {
	var b strings.Builder
	for _, l := range t.Links {
		for _, e := range l.Ends {
			fmt.Fprintf(&b, "%s %s:%s %s %s\n", l.Name, e.Node, e.Dev, e.IPv4, e.IPv6)
		}
	}
	return b.String()
}

func TestDerived(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"nothing given", "", "", `up-a up:eth0 10.0.0.0/31 fd00:a11:1ab::/127
up-a a:eth0 10.0.0.1/31 fd00:a11:1ab::1/127
up-b up:eth1 10.0.0.2/31 fd00:a11:1ab::2/127
up-b b:eth0 10.0.0.3/31 fd00:a11:1ab::3/127
user-up user:eth0 10.0.0.4/31 fd00:a11:1ab::4/127
user-up up:eth2 10.0.0.5/31 fd00:a11:1ab::5/127
`},
		{"device given", "[up, b]", "['up:eth0', b]", `up-a up:eth1 10.0.0.0/31 fd00:a11:1ab::/127
up-a a:eth0 10.0.0.1/31 fd00:a11:1ab::1/127
up-b up:eth0 10.0.0.2/31 fd00:a11:1ab::2/127
up-b b:eth0 10.0.0.3/31 fd00:a11:1ab::3/127
user-up user:eth0 10.0.0.4/31 fd00:a11:1ab::4/127
user-up up:eth2 10.0.0.5/31 fd00:a11:1ab::5/127
`},
		{"parallel link, addresses given", "  - endpoints: [up, b]\n", `  - endpoints: [up, a]
    to: {a: {address: 172.16.0.1/31, address6: 2001:db8::2/64}, up: {address6: 2001:db8::1/64}}
  - endpoints: [up, b]
`, `up-a up:eth0 10.0.0.0/31 fd00:a11:1ab::/127
up-a a:eth0 10.0.0.1/31 fd00:a11:1ab::1/127
up-a#2 up:eth1 172.16.0.0/31 2001:db8::1/64
up-a#2 a:eth1 172.16.0.1/31 2001:db8::2/64
up-b up:eth2 10.0.0.4/31 fd00:a11:1ab::4/127
up-b b:eth0 10.0.0.5/31 fd00:a11:1ab::5/127
user-up user:eth0 10.0.0.6/31 fd00:a11:1ab::6/127
user-up up:eth3 10.0.0.7/31 fd00:a11:1ab::7/127
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ends(parse(t, strings.Replace(small, tt.old, tt.new, 1)))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestManyLinks looks at the carry into the next byte of derived addresses.
func TestManyLinks(t *testing.T) {
	var b strings.Builder
	b.WriteString("name: big\nanycast: 192.0.2.1/32\nnodes:\n  up: {role: router, asn: 65000}\n")
	for i := range 300 {
		fmt.Fprintf(&b, "  n%d: {role: anycast, asn: %d}\n", i, i+1)
	}
	b.WriteString("links:\n")
	for i := range 300 {
		fmt.Fprintf(&b, "  - endpoints: [up, n%d]\n", i)
	}
	top := parse(t, b.String())
	last := top.Links[299].Ends[1]
	if got := fmt.Sprint(last.IPv4, last.IPv6); got != "10.0.2.87/31 fd00:a11:1ab::257/127" {
		t.Errorf("last link's far end has %s", got)
	}
	if got := top.Nodes[300].RouterID.String(); got != "10.255.1.45" {
		t.Errorf("last node's router id is %s", got)
	}
	seen := map[netip.Addr]bool{}
	for _, n := range top.Nodes {
		if seen[n.RouterID] {
			t.Fatalf("router id %s is given twice", n.RouterID)
		}
		seen[n.RouterID] = true
	}
}

func TestNodes(t *testing.T) {
	config := filepath.Join(t.TempDir(), "a.conf")
	if err := os.WriteFile(config, []byte("router bgp 65001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(small, "65001}", "65001, router_id: 1.2.3.4, multipath: false, daemon: gobgp, config: "+filepath.Base(config)+"}", 1)
	top, err := Parse(filepath.Join(filepath.Dir(config), "lab.yaml"), []byte(text+"bgp: {multipath: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Node{
		{Name: "up", Role: Router, ASN: 65000, Daemon: "gobgp", RouterID: netip.MustParseAddr("10.255.0.1"), Multipath: true, Forwarding: Forwarding{Hash: HashL4}},
		{Name: "a", Role: Anycast, ASN: 65001, Daemon: "gobgp", RouterID: netip.MustParseAddr("1.2.3.4"), Config: config},
		{Name: "b", Role: Anycast, ASN: 65002, Daemon: "gobgp", RouterID: netip.MustParseAddr("10.255.0.3"), Multipath: true},
		{Name: "user", Role: Client},
	}
	if diff := cmp.Diff(want, top.Nodes, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestSessions(t *testing.T) {
	type session struct {
		Timers
		bfd string
	}
	const s = time.Second
	tests := []struct {
		name, top, link string
		want            session
	}{
		{"default", "", "", session{Timers{Hold: 9 * s, Keepalive: 3 * s}, "none"}},
		{"keepalive follows hold", "bgp: {hold: 30s}", "", session{Timers{Hold: 30 * s, Keepalive: 10 * s}, "none"}},
		{"keepalive given", "bgp: {hold: 30s, keepalive: 5s}", "", session{Timers{Hold: 30 * s, Keepalive: 5 * s}, "none"}},
		{"no hold", "bgp: {hold: 0s}", "", session{Timers{Hold: 0, Keepalive: 0}, "none"}},
		{"shortest hold", "bgp: {hold: 3s}", "", session{Timers{Hold: 3 * s, Keepalive: 1 * s}, "none"}},
		{"link overrides", "bgp: {hold: 30s}", "bgp: {hold: 6s}", session{Timers{Hold: 6 * s, Keepalive: 2 * s}, "none"}},
		{"link overrides keepalive", "bgp: {hold: 30s}", "bgp: {keepalive: 2s}", session{Timers{Hold: 30 * s, Keepalive: 2 * s}, "none"}},
		{"graceful restart", "bgp: {graceful_restart: 120s}", "", session{Timers{Hold: 9 * s, Keepalive: 3 * s, Restart: 120 * s}, "none"}},
		{"graceful restart off on link", "bgp: {graceful_restart: 120s}", "bgp: {graceful_restart: 0s}", session{Timers{Hold: 9 * s, Keepalive: 3 * s}, "none"}},
		{"bfd", "bfd: {interval: 50ms}", "", session{Timers{Hold: 9 * s, Keepalive: 3 * s}, "50ms x 3"}},
		{"bfd on link", "bfd: {interval: 50ms}", "bfd: {interval: 10ms, multiplier: 5}", session{Timers{Hold: 9 * s, Keepalive: 3 * s}, "10ms x 5"}},
		{"bfd off on link", "bfd: {interval: 50ms}", "bfd: none", session{Timers{Hold: 9 * s, Keepalive: 3 * s}, "none"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(small, "[up, a]\n", "[up, a]\n    "+tt.link+"\n", 1) + tt.top + "\n"
			top := parse(t, text)
			got := session{top.Links[0].BGP, "none"}
			if b := top.Links[0].BFD; b != nil {
				got.bfd = fmt.Sprintf("%s x %d", b.Interval, b.Multiplier)
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if c := top.Links[2]; c.BGP != (Timers{}) || c.BFD != nil {
				t.Errorf("the client's link has BGP %v, BFD %v", c.BGP, c.BFD)
			}
		})
	}
}

// TestShape: what is done "to" a is done where packets for a leave.
func TestShape(t *testing.T) {
	text := strings.Replace(small, "[up, a]\n", "[up, a]\n    delay: 5ms\n    jitter: 1ms\n    loss: 2.5%\n    rate: 10mbit\n    to: {a: {delay: 7ms, loss: 0%, rate: 1gbit}}\n", 1)
	l := parse(t, text).Links[0]
	want := [2]Shape{
		{7 * time.Millisecond, time.Millisecond, 0, 1e9},
		{5 * time.Millisecond, time.Millisecond, 0.025, 1e7},
	}
	if got := [2]Shape{l.Ends[0].Shape, l.Ends[1].Shape}; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAnycast(t *testing.T) {
	top := parse(t, strings.Replace(small, "192.0.2.100/32", "[192.0.2.100/32, 2001:db8::100/128]", 1))
	if got := fmt.Sprint(top.Anycast); got != "[192.0.2.100/32 2001:db8::100/128]" {
		t.Error(got)
	}
}
