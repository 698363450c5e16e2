package bgp

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"anylab/topologies"
)

// watching is a router and a site, either with a generated configuration or one
// of its own.
func watching(t *testing.T, router, site, session string, files map[string]string) topologies.Topology {
	t.Helper()
	return watchingFor(t, "192.0.2.100/32", router, site, session, files)
}

// watchingFor is the same for other anycast addresses.
func watchingFor(t *testing.T, anycast, router, site, session string, files map[string]string) topologies.Topology {
	t.Helper()
	dir := t.TempDir()
	config := map[string]string{}
	for node, text := range files {
		path := filepath.Join(dir, node+".conf")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		config[node] = ", config: " + path
	}
	top, err := topologies.Parse("watch.yaml", []byte(`
name: watch
nodes:
  r: {role: router, asn: 65000, daemon: `+router+config["r"]+`}
  a: {role: anycast, asn: 65001, daemon: `+site+config["a"]+`}
links:
  - {endpoints: [r, a]`+session+`}
bgp: {hold: 9s, keepalive: 3s}
anycast: `+anycast+`
`))
	if err != nil {
		t.Fatal(err)
	}
	return top
}

const (
	frrOfA   = "router bgp 65001\n neighbor 10.0.0.0 remote-as 65000\n"
	profile  = " neighbor 10.0.0.0 bfd profile P\nexit\nbfd\n profile P\n  transmit-interval 300\n  receive-interval 200\n exit\nexit\n"
	birdOfR  = "protocol bgp {\n local as 65000;\n neighbor 10.0.0.1 as 65001;\n hold time 6;\n keepalive time 1;\n}\n"
	withBFD  = ", bfd: {interval: 100ms, multiplier: 4}"
	birdsBFD = "protocol bfd { }\n"
)

// Both ends' timers decide, wherever they stand.
func TestWatchOf(t *testing.T) {
	const sec, ms = time.Second, time.Millisecond
	for _, tt := range []struct {
		name, router, site, session string
		files                       map[string]string
		node                        string
		hold                        HoldWatch
		bfd                         BFDWatch
	}{
		{"generated", "frr", "frr", "", nil, "r", HoldWatch{Time: 9 * sec, Least: 9 * sec, Keepalive: 3 * sec}, BFDWatch{}},
		{"generated, BFD", "frr", "frr", withBFD, nil, "r", HoldWatch{Time: 9 * sec, Least: 9 * sec, Keepalive: 3 * sec}, BFDWatch{Every: 100 * ms, Multiplier: 4}},
		{"drawn timers", "bird", "frr", "", nil, "r", HoldWatch{Time: 9 * sec, Least: 6750 * ms, Keepalive: 3 * sec}, BFDWatch{}},
		{"the far end's are not the near one's", "bird", "frr", "", nil, "a", HoldWatch{Time: 9 * sec, Least: 9 * sec, Keepalive: 3 * sec}, BFDWatch{}},
		{"the defaults of the file lose", "frr", "frr", "", map[string]string{"a": frrOfA}, "r",
			HoldWatch{Time: 9 * sec, Least: 9 * sec, Keepalive: 3 * sec}, BFDWatch{}},
		{"the file's win", "frr", "frr", "", map[string]string{"a": frrOfA + " neighbor 10.0.0.0 timers 1 4\n"}, "r",
			HoldWatch{Time: 4 * sec, Least: 4 * sec, Keepalive: sec, Where: "a.conf:3"}, BFDWatch{}},
		{"what the router sends then", "frr", "frr", "", map[string]string{"a": frrOfA + " neighbor 10.0.0.0 timers 1 3\n"}, "a",
			HoldWatch{Time: 3 * sec, Least: 3 * sec, Keepalive: sec, Where: "a.conf:3"}, BFDWatch{}},
		{"proportion", "bird", "frr", "", map[string]string{"r": birdOfR, "a": frrOfA + " neighbor 10.0.0.0 timers 1 3\n"}, "a",
			HoldWatch{Time: 3 * sec, Least: 3 * sec, Keepalive: 500 * ms, Where: "a.conf:3, r.conf:4, r.conf:5"}, BFDWatch{}},
		{"a profile, heard by the router", "frr", "frr", withBFD, map[string]string{"a": frrOfA + profile}, "r",
			HoldWatch{Time: 9 * sec, Least: 9 * sec, Keepalive: 3 * sec}, BFDWatch{Every: 300 * ms, Multiplier: 3, Where: "a.conf:6"}},
		{"a profile, heard by the site", "frr", "frr", withBFD, map[string]string{"a": frrOfA + profile}, "a",
			HoldWatch{Time: 9 * sec, Least: 9 * sec, Keepalive: 3 * sec}, BFDWatch{Every: 200 * ms, Multiplier: 4, Where: "a.conf:6"}},
		{"BFD at one end only", "frr", "frr", "", map[string]string{"a": frrOfA + profile}, "r",
			HoldWatch{Time: 9 * sec, Least: 9 * sec, Keepalive: 3 * sec}, BFDWatch{}},
		{"BFD with two files", "bird", "frr", "", map[string]string{"a": frrOfA + profile,
			"r": birdsBFD + strings.Replace(birdOfR, "hold time 6", "bfd on", 1)}, "r",
			HoldWatch{Time: 180 * sec, Least: 135 * sec, Keepalive: 60 * sec}, BFDWatch{Every: 300 * ms, Multiplier: 3, Where: "r.conf:5, a.conf:6"}},
		{"an expression", "bird", "frr", "", map[string]string{"r": strings.Replace(birdOfR, "time 6", "time (2 * 3)", 1)}, "r",
			HoldWatch{Unknown: "r's own file says its hold time in a way that isn't read (r.conf:4)"}, BFDWatch{}},
		{"no such session", "frr", "frr", "", map[string]string{"a": "router bgp 65001\n"}, "r",
			HoldWatch{Unknown: "a's own file does not tell its hold time"}, BFDWatch{Unknown: "a's own file does not tell its BFD"}},
	} {
		top := watching(t, tt.router, tt.site, tt.session, tt.files)
		if got := ReadFiles(top).WatchOf(top, top.Links[0], tt.node); got != (Watch{Hold: tt.hold, BFD: tt.bfd}) {
			t.Errorf("%s:\n\t%+v, want\n\t%+v", tt.name, got, Watch{Hold: tt.hold, BFD: tt.bfd})
		}
	}
}

// A block of FRR's file ends with exit, or with a line that only the one around it has.
func TestWatchOfBlocksWithoutExit(t *testing.T) {
	const ms = time.Millisecond
	const both = "[192.0.2.100/32, 2001:db8::100/128]"
	const dual = frrOfA + " neighbor fd00:a11:1ab:: remote-as 65000\n neighbor 10.0.0.0 bfd\n neighbor fd00:a11:1ab:: bfd\n"
	const other, ours, six = " peer 10.9.9.9\n  receive-interval 70\n", " peer 10.0.0.0 local-address 10.0.0.1\n  receive-interval 200\n", " peer fd00:a11:1ab::\n  receive-interval 200\n"
	for _, tt := range []struct {
		name, text string
		want       BFDWatch
	}{
		{"exit", dual + "exit\nbfd\n" + other + " exit\n" + ours + " exit\n" + six + " exit\nexit\n", BFDWatch{Every: 200 * ms, Multiplier: 4}},
		{"an indented mark", dual + "!\nbfd\n" + other + " !\n" + ours + " !\n" + six + " !\n!\n", BFDWatch{Every: 200 * ms, Multiplier: 4}},
		{"nothing", dual + "bfd\n" + other + ours + six, BFDWatch{Every: 200 * ms, Multiplier: 4}},
		{"abridged", dual + "bfd\n" + strings.NewReplacer("peer", "pee", "receive-interval", "rec").Replace(other+ours+six), BFDWatch{Every: 200 * ms, Multiplier: 4}},
		{"a profile before", dual + "bfd\n profile P\n  receive-interval 70\n" + ours + six, BFDWatch{Every: 200 * ms, Multiplier: 4}},
		{"a peer again", dual + "bfd\n" + ours + six + " peer fd00:a11:1ab::\n  detect-multiplier 9\n", BFDWatch{Every: 200 * ms, Multiplier: 4}},
		{"a peer's profile", dual + "bfd\n profile P\n  receive-interval 200\n" + ours + " peer fd00:a11:1ab::\n  profile P\n", BFDWatch{Every: 200 * ms, Multiplier: 4}},
		{"two profiles", strings.ReplaceAll(dual, " bfd\n", " bfd profile Q\n") + "bfd\n profile P\n  receive-interval 70\n profile Q\n  receive-interval 200\n", BFDWatch{Every: 200 * ms, Multiplier: 4}},
		{"different ones", dual + "bfd\n" + other + ours, BFDWatch{Unknown: "the sessions of IPv4 and IPv6 have different timers"}},
	} {
		top := watchingFor(t, both, "frr", "frr", withBFD, map[string]string{"a": tt.text})
		got := ReadFiles(top).WatchOf(top, top.Links[0], "a").BFD
		if got.Where = ""; got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// What only the router has, or only what is around it, ends an address family, a route
// map, and an abridged block.
func TestReadBlocksWithoutExit(t *testing.T) {
	const full = "route-map M permit 10\n match tag 3\nexit\nbfd\n profile P\n  receive-interval 200\n exit\nexit\n" +
		"router bgp 65001\n neighbor 10.0.0.0 remote-as 65000\n address-family ipv6 unicast\n  network 2001:db8::100/128\n exit-address-family\n" +
		" neighbor 10.0.0.0 bfd profile P\n neighbor 10.0.0.0 route-map M out\n network 192.0.2.100/32\n redistribute connected\nexit\n"
	bare := strings.NewReplacer("exit\n", "", " exit\n", "", " exit-address-family\n", "").Replace(full)
	abridged := strings.NewReplacer("router bgp", "router bg", "bfd\n", "bf\n", "neighbor 10.0.0.0 bfd", "nei 10.0.0.0 bfd").Replace(bare)
	for _, text := range []string{full, bare, abridged} {
		r := Read("frr", "f", text)
		s, ok := r.With(netip.MustParseAddr("10.0.0.0"))
		v4, carried := s.Family(false)
		if _, six := s.Family(true); !ok || six || !carried || v4.Export.Value != "M" || s.BFD.Value.Receive != 200*time.Millisecond {
			t.Errorf("%s: %+v", text, s)
		}
		if len(r.Connected) != 1 || r.Connected[0].V6 || len(r.Originated) != 2 {
			t.Errorf("%s: announces %v", text, r.announced())
		}
	}
}
