package bgp

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/topologies"
)

var samePath = cmp.Comparer(func(a, b Path) bool { return a == b })

func TestBIRDPaths(t *testing.T) {
	const answer = `Table master4:
192.0.2.100/32       unicast [peer0 01:15:00.534] * (100) [AS65002i]
	via 10.0.0.3 on eth1
                     unicast [peer2 01:15:00.560] (100) [AS65003i]
	via 10.0.0.5 on eth2
10.0.0.6/31          unreachable [originate4 01:14:59.702] * (200)

Table master6:
2001:db8::100/128    unicast [anycast 01:14:59.702] * (240)
	dev anycast0`
	v4, v6 := netip.MustParsePrefix("192.0.2.100/32"), netip.MustParsePrefix("2001:db8::100/128")
	want := []Path{
		{Prefix: v4, NextHop: netip.MustParseAddr("10.0.0.3"), Best: true, ASPath: "65002"},
		{Prefix: v4, NextHop: netip.MustParseAddr("10.0.0.5"), ASPath: "65003"},
		{Prefix: netip.MustParsePrefix("10.0.0.6/31"), Best: true},
		{Prefix: v6, Best: true},
	}
	if diff := cmp.Diff(want, birdPaths(strings.Split(answer, "\n")), samePath); diff != "" {
		t.Error(diff)
	}
	if !want[3].Own() || want[0].Own() {
		t.Error("a path without a next hop is the daemon's own, one with a next hop is not")
	}
}

func TestFRRPaths(t *testing.T) {
	const answer = `{"routes": {"192.0.2.100/32": [
  {"valid": true, "bestpath": true, "path": "65001", "nexthops": [{"ip": "10.0.0.1", "used": true}]},
  {"valid": true, "multipath": true, "path": "65002", "nexthops": [{"ip": "10.0.0.3", "used": true}]},
  {"path": "65003", "nexthops": [{"ip": "10.0.0.5"}]},
  {"damped": true, "path": "65004", "nexthops": [{"ip": "10.0.0.7"}]}],
 "2001:db8::100/128": [
  {"valid": true, "bestpath": true, "path": "", "nexthops": [{"ip": "fe80::1"}, {"ip": "fd00::1", "used": true}]}]}}`
	paths, err := frrPaths(answer)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(paths, func(a, b Path) int { return a.Prefix.Compare(b.Prefix) })
	v4 := netip.MustParsePrefix("192.0.2.100/32")
	want := []Path{
		{Prefix: v4, NextHop: netip.MustParseAddr("10.0.0.1"), Best: true, ASPath: "65001"},
		{Prefix: v4, NextHop: netip.MustParseAddr("10.0.0.3"), Equal: true, ASPath: "65002"},
		{Prefix: v4, NextHop: netip.MustParseAddr("10.0.0.7"), ASPath: "65004", Damped: true},
		{Prefix: netip.MustParsePrefix("2001:db8::100/128"), NextHop: netip.MustParseAddr("fd00::1"), Best: true},
	}
	if diff := cmp.Diff(want, paths, samePath); diff != "" {
		t.Error(diff)
	}
	if _, err := frrPaths("% BGP instance not found"); err == nil {
		t.Error("what is no JSON was read")
	}
}

func TestOpenBGPDPaths(t *testing.T) {
	const answer = `{"rib": [
  {"prefix": "192.0.2.100/32", "aspath": "", "exit_nexthop": "0.0.0.0", "neighbor": {"description": "LOCAL"}, "valid": true, "best": true, "announced": true},
  {"prefix": "192.0.2.100/32", "aspath": "65000 65002", "exit_nexthop": "10.0.0.0", "true_nexthop": "10.0.0.1", "valid": true, "source": "external"},
  {"prefix": "192.0.2.200/32", "aspath": "65000", "exit_nexthop": "10.0.0.2", "source": "external"},
  {"prefix": "2001:db8::100/128", "aspath": "65000 65002", "exit_nexthop": "fd00:a11:1ab::", "valid": true, "best": true}]}`
	paths, err := openbgpdPaths([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	v4 := netip.MustParsePrefix("192.0.2.100/32")
	want := []Path{
		{Prefix: v4, NextHop: netip.IPv4Unspecified(), Best: true},
		{Prefix: v4, NextHop: netip.MustParseAddr("10.0.0.0"), ASPath: "65000 65002"},
		{Prefix: netip.MustParsePrefix("2001:db8::100/128"), NextHop: netip.MustParseAddr("fd00:a11:1ab::"), Best: true, ASPath: "65000 65002"},
	}
	if diff := cmp.Diff(want, paths, samePath); diff != "" {
		t.Error(diff)
	}
	if !paths[0].Own() || paths[1].Own() {
		t.Error("only the first path is the daemon's own")
	}
	if _, err := openbgpdPaths([]byte("bgpctl: unknown")); err == nil {
		t.Error("what is no JSON was read")
	}
}

func TestPathTableMarksTheBest(t *testing.T) {
	v4 := netip.MustParsePrefix("192.0.2.100/32")
	table := pathTable([]Path{
		{Prefix: v4, NextHop: netip.MustParseAddr("10.0.0.1"), Best: true, ASPath: "65001"},
		{Prefix: v4, NextHop: netip.MustParseAddr("10.0.0.3"), Equal: true, ASPath: "65002"},
		{Prefix: netip.MustParsePrefix("2001:db8::100/128")},
	})
	var lines []string
	for line := range strings.Lines(table) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	want := []string{"> show ip bgp", "Network Next Hop Path", "*> 192.0.2.100/32 10.0.0.1 65001",
		"*= 192.0.2.100/32 10.0.0.3 65002", "* 2001:db8::100/128 ::"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

// TestConnectedFiles: what the generated files say of an interface's addresses,
// and of programs that ExaBGP runs.
func TestConnectedFiles(t *testing.T) {
	top, err := topologies.Parse("everything.yaml", []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Configure(top, "a")
	if err != nil {
		t.Fatal(err)
	}
	c.Connected = top.Anycast
	c.Processes = [][]string{{"check", "--cmd", "curl 'x'"}}
	for name, want := range map[string][]string{
		"frr":    {"\n bgp network import-check\n", "  network 192.0.2.100/32\n", "  network 2001:db8::100/128\n"},
		"bird":   {`interface "anycast0";`, "net ~ ACAST_PS_ADVERTISE", "net ~ ACAST6_PS_ADVERTISE", "define ACAST_PS_ADVERTISE = [\n\t192.0.2.100/32\n];"},
		"exabgp": {"run /bin/sh /run/anylab/a/exabgp.user0.sh;", "processes [ anylab, user0 ];", `exec 'check' '--cmd' 'curl '\''x'\'''`},
	} {
		files, err := drivers[name].(generator).files(c)
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, f := range files {
			all.WriteString(f.text)
		}
		for _, part := range want {
			if !strings.Contains(all.String(), part) {
				t.Errorf("%s: %q is missing in:\n%s", name, part, all.String())
			}
		}
	}
}
