package bgp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// userFiles are such as people have, but for the addresses.
var userFiles = map[string]string{
	"frr": `
frr version 8.4
frr defaults traditional
hostname a
log file relative.log informational
service integrated-vtysh-config
!
ip route 203.0.113.0/24 blackhole
!
interface anycast0
 ip address 192.0.2.100/32
exit
!
router bgp 65001
 no bgp ebgp-requires-policy
 neighbor 10.0.0.0 remote-as 65000
 neighbor 10.0.0.0 timers 1 3
 neighbor 10.0.0.0 timers connect 1
 !
 address-family ipv4 unicast
  network 192.0.2.100/32
 exit-address-family
exit
!
bfd
 profile fast
  echo-mode
  transmit-interval 50
 exit
exit
!
end
`,
	"bird": `
log "/var/log/anylab-user-file.log" all;
router id 10.0.0.1;
define UPSTREAM = 10.0.0.0;
protocol device { }
protocol static anycast { ipv4; route 192.0.2.100/32 blackhole; }
protocol bgp upstream {
	local 10.0.0.1 as 65001;   # ours
	neighbor UPSTREAM as 65000;
	connect delay time 1;
	error wait time 1, 2;
	ipv4 { import none; export all; };
}
`,
	"bird direct": `
router id 10.0.0.1;
protocol device { }
protocol direct { ipv4; interface "anycast*"; }
protocol bgp {
	local as 65001;
	neighbor 10.0.0.0 as 65000;
	connect delay time 1;
	error wait time 1, 2;
	ipv4 { import none; export where source = RTS_DEVICE; };
}
`,
	"exabgp": `
process watch {
	run /bin/sh -c "while sleep 1; do :; done";
	encoder text;
}
neighbor 10.0.0.0 {
	router-id 10.0.0.1;
	local-address 10.0.0.1;
	local-as 65001;
	peer-as 65000;
	hold-time 9;
	api { processes [ watch ]; }
	static { route 192.0.2.100/32 next-hop self; }
}
`,
	"gobgpd": `
[global.config]
  as = 65001
  router-id = "10.0.0.1"

[[neighbors]]
  [neighbors.config]
    peer-as = 65000
    neighbor-address = "10.0.0.0"
`,
	"openbgpd": `
upstream = "10.0.0.0"
AS 65001
router-id 10.0.0.1
network 192.0.2.100/32
neighbor $upstream {
	remote-as 65000
	local-address 10.0.0.1
}
allow from any
allow to any
`,
}

const userLab = `
name: user-file
nodes:
  r: {role: router, asn: 65000, daemon: gobgp}
  a: {role: anycast, asn: 65001, daemon: DAEMON, config: FILE}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

// ownFile writes a user's file, with what it includes beside it.
func ownFile(t *testing.T, text string) string {
	t.Helper()
	archive := txtar.Parse([]byte(text))
	dir := t.TempDir()
	for _, f := range append(archive.Files, txtar.File{Name: "user.conf", Data: archive.Comment}) {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "user.conf")
}

// userTopology is a lab whose node a has the user's file.
func userTopology(t *testing.T, daemon, text string) topologies.Topology {
	t.Helper()
	path := filepath.Join(t.TempDir(), "user.conf")
	if daemon == "gobgpd" {
		path = filepath.Join(t.TempDir(), "user.toml")
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	top, err := topologies.Parse("user.yaml", []byte(strings.NewReplacer("DAEMON", daemon, "FILE", path).Replace(userLab)))
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func TestUserFile(t *testing.T) {
	t.Parallel()
	for name, text := range userFiles {
		daemon, _, _ := strings.Cut(name, " ")
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, daemon)
			if f, err := os.Open("/etc/frr/vtysh.conf"); err == nil {
				_ = f.Close()
			} else if daemon == "frr" && os.IsPermission(err) {
				t.Skip("vtysh, which loads the file, is for root and group frrvty here:", err)
			}
			top := userTopology(t, daemon, text)
			if err := bgp.Check(top); err != nil {
				t.Fatal(err)
			}
			w := startOn(t, labtest.OpenTopology(t, top, lab.Options{}))
			w.established()
			if daemon == "gobgpd" { // its file has no way to originate routes
				w.announce("a", anycast4)
			}
			w.waitKernel("r", anycast4, "a")
			w.withdraw("a", anycast4)
			w.waitKernel("r", anycast4)
			w.announce("a", anycast4)
			w.waitKernel("r", anycast4, "a")
			if err := w.daemons["a"].Restart(w.Context()); err != nil {
				t.Fatal(err)
			}
			w.waitKernel("r", anycast4, "a")
			if name != "frr" {
				return
			}
			if log, err := os.ReadFile(filepath.Join(w.node("a").LogDir(), "cwd/frr/relative.log")); err != nil || len(log) == 0 {
				t.Errorf("the log with a relative path: %d bytes, %v", len(log), err)
			}
		})
	}
}

// What a lab can't honour is an error that names the line.
func TestUserFileThatDoesNotFit(t *testing.T) {
	for _, test := range []struct{ file, old, new, want string }{
		{"frr", "10.0.0.0 remote-as 65000", "10.9.9.9 remote-as 65000", `user.conf:16: no link of a leads to 10.9.9.9, only to 10.0.0.0 (r); give it to a link in the topology: ` + "`to: {NODE: {address: 10.9.9.9/31}}`"},
		{"frr", "remote-as 65000", "remote-as 65005", "user.conf:16: neighbor 10.0.0.0 in AS 65005, but in the topology that is r in AS 65000"},
		{"frr", "router bgp 65001", "router bgp 65002", "user.conf:14: AS 65002, but in the topology a is in AS 65001"},
		{"frr", "router bgp 65001", "router bgp 65001 vrf X\nrouter bgp 65001", `user.conf:14: "router bgp 65001 vrf X": a lab has no VRFs`},
		{"frr", " neighbor 10.0.0.0 timers 1 3", " neighbor 10.0.0.0 update-source 10.7.7.7", "user.conf:17: a has no address 10.7.7.7, only 10.0.0.1"},
		{"frr", " neighbor 10.0.0.0 remote-as 65000\n", "", "user.conf: no session with 10.0.0.0, which is r at the other end of link r-a: frr finds none in this file"},
		{"bird", userFiles["bird"], userFiles["frr"], "user.conf: no session with 10.0.0.0, which is r at the other end of link r-a: bird finds none in this file, which reads like one for `daemon: frr`"},
		{"frr", userFiles["frr"], userFiles["openbgpd"], "user.conf: no session with 10.0.0.0, which is r at the other end of link r-a: frr finds none in this file, which reads like one for `daemon: openbgpd`"},
		{"bird", "UPSTREAM = 10.0.0.0", "UPSTREAM = 10.0.0.8", "user.conf:9: no link of a leads to 10.0.0.8"},
		{"bird", "local 10.0.0.1", "local 10.0.0.3", "user.conf:8: a has no address 10.0.0.3"},
		{"bird", "protocol device { }", `include "more.conf";`, "user.conf:5: \"include more.conf\": there is no file"},
		{"bird", "as 65000", "as 65009", "user.conf:9: neighbor 10.0.0.0 in AS 65009"},
		{"exabgp", "peer-as 65000", "peer-as 1", "user.conf:10: neighbor 10.0.0.0 in AS 1"},
		{"exabgp", "local-as 65001", "local-as 1", "user.conf:9: AS 1"},
		{"gobgpd", "peer-as = 65000", "peer-as = 7", "user.toml:8: neighbor 10.0.0.0 in AS 7"},
		{"gobgpd", "[[neighbors]]", "[zebra.config]\nenabled = true\n[[neighbors]]", "user.toml:7: a lab runs no zebra"},
		{"openbgpd", `upstream = "10.0.0.0"`, `upstream = "10.0.0.2"`, "user.conf:6: no link of a leads to 10.0.0.2"},
		{"openbgpd", "remote-as 65000", "remote-as 3", "user.conf:7: neighbor 10.0.0.0 in AS 3"},
	} {
		text := userFiles[test.file]
		if !strings.Contains(text, test.old) {
			t.Fatalf("%s has no %q", test.file, test.old)
		}
		err := bgp.Check(userTopology(t, test.file, strings.Replace(text, test.old, test.new, 1)))
		if err == nil || !strings.Contains(err.Error(), "node a: "+test.want) {
			t.Errorf("%s, %q: error\n\t%v, want\n\t%s", test.file, test.new, err, test.want)
		}
	}
}

// A daemon that does not understand its file says where.
func TestUserFileWithMistakes(t *testing.T) {
	for daemon, test := range map[string]struct{ old, new, want string }{
		"bird":     {"export all", "export everything", "node a: bird refuses user.conf:12"},
		"frr":      {"timers connect 1", "timers connected 1", "timers connected 1"},
		"openbgpd": {"allow to any", "allow to everybody", "openbgpd refuses user.conf:11"},
	} {
		t.Run(daemon, func(t *testing.T) {
			require(t, daemon)
			top := userTopology(t, daemon, strings.Replace(userFiles[daemon], test.old, test.new, 1))
			l := labtest.OpenTopology(t, top, lab.Options{})
			n, err := l.Node("a")
			if err != nil {
				t.Fatal(err)
			}
			c, err := bgp.Configure(top, "a")
			if err != nil {
				t.Fatal(err)
			}
			d, err := bgp.Named(daemon)
			if err != nil {
				t.Fatal(err)
			}
			_, err = bgp.Start(t.Context(), d, n, c)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one that says %q", err, test.want)
			}
		})
	}
}

// Check names the node and what its daemon can't do.
func TestCheck(t *testing.T) {
	const base = `
name: check
nodes:
  r: {role: router, asn: 65000, daemon: ROUTER}
  a: {role: anycast, asn: 65001, daemon: NODE}
  u: {role: client}
links:
  - {endpoints: [r, a], LINK}
  - endpoints: [r, u]
anycast: 192.0.2.100/32
`
	const timers = "bgp: {hold: 9s, keepalive: 3s}"
	for _, test := range []struct{ router, node, link, want string }{
		{"frr", "exabgp", timers, ""},
		{"bird", "frr", timers + ", bfd: {interval: 50ms, multiplier: 3}", ""},
		{"openbgpd", "frr", timers, "check.yaml:4:6: node r: openbgpd writes no routes into the Linux kernel"},
		{"exabgp", "frr", timers, "check.yaml:4:6: node r: exabgp writes no routes"},
		{"gobgpd", "gobgpd", timers, "check.yaml:4:6: node r: gobgpd writes no routes"},
		{"frr", "openbgpd", timers + ", bfd: {interval: 50ms}", "check.yaml:8:62: node a: link r-a has BFD, which openbgpd can't do"},
		{"frr", "bird", timers + ", bfd: {interval: 50ms, multiplier: 1}", "check.yaml:8:91: node r: link r-a: BFD multiplier 1; frr takes 2 at least"},
		{"frr", "bird", timers + ", bfd: {interval: 61s, multiplier: 3}", "check.yaml:8:73: node r: link r-a: BFD interval 61 s; frr takes whole milliseconds, from 10 ms to 1 min"},
		{"bird", "frr", timers + ", bfd: {interval: 50.5ms, multiplier: 3}", "check.yaml:8:73: node a: link r-a: BFD interval 50.5 ms; frr takes whole milliseconds"},
		{"bird", "bird", timers + ", bfd: {interval: 50.5ms, multiplier: 3}", ""},
		{"bird", "exabgp", "bgp: {hold: 9s, keepalive: 1s}", "check.yaml:8:52: node a: link r-a: hold 9 s, keepalive 1 s: exabgp's keepalive time is always a third"},
		{"bird", "openbgpd", "bgp: {hold: 9s, keepalive: 3s, graceful_restart: 60s}", "check.yaml:8:74: node a: link r-a has graceful restart"},
	} {
		yaml := strings.NewReplacer("ROUTER", test.router, "NODE", test.node, "LINK", test.link).Replace(base)
		top, err := topologies.Parse("check.yaml", []byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(bgp.Check(top))
		if test.want == "" && got != "<nil>" || !strings.Contains(got, test.want) {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
