package bgp_test

import (
	"strings"
	"testing"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// production is a lab of both families whose node a has a file as it is in
// production, and whose router has one that is generated.
const production = `
name: production
nodes:
  r: {role: router, asn: 65000, daemon: ROUTER}
  a: {role: anycast, asn: 65001, daemon: NODE, config: FILE}
  u: {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: [192.0.2.100/32, 2001:db8::100/128]
`

// frrInProduction is an integrated file: sessions of a peer group with a password,
// one of each family, whose other ends connect.
const frrInProduction = `
frr version 8.4.4
frr defaults datacenter
hostname dc1-edge1
log syslog informational
service integrated-vtysh-config
!
ip route 203.0.113.0/24 blackhole
!
router ospf
 network 10.0.0.0/8 area 0
exit
!
router bgp 65001
 bgp router-id 10.0.0.1
 bgp log-neighbor-changes
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 neighbor TOR peer-group
 neighbor TOR remote-as 65000
 neighbor TOR password s3cret
 neighbor TOR timers 1 3
 bgp listen range 10.0.0.0/24 peer-group TOR
 bgp listen range fd00:a11:1ab::/48 peer-group TOR
 !
 address-family ipv4 unicast
  network 192.0.2.100/32
  neighbor TOR activate
  neighbor TOR route-map OUT out
 exit-address-family
 !
 address-family ipv6 unicast
  network 2001:db8::100/128
  neighbor TOR activate
 exit-address-family
exit
!
route-map OUT permit 10
 set community 65001:1 additive
exit
!
log file /var/log/frr/frr.log
!
line vty
 exec-timeout 0 0
exit
!
end
`

// birdInProduction is in two files: the sessions are made from a template, and the
// other ends connect.
const birdInProduction = `
log "/var/log/bird/bird.log" all;
router id 10.0.0.1;
protocol device { }
protocol static { ipv4; route 192.0.2.100/32 blackhole; }
protocol static { ipv6; route 2001:db8::100/128 blackhole; }
include "bird.d/*.conf";
-- bird.d/sessions.conf --
template bgp tor {
	local as 65001;
	password "s3cret";
	hold time 9;
	error wait time 1, 2;
	ipv4 { import none; export all; };
	ipv6 { import none; export all; };
}
protocol bgp tor4 from tor { neighbor range 10.0.0.0/24 as 65000; dynamic name "t"; }
protocol bgp tor6 from tor { neighbor range fd00:a11:1ab::/48 as 65000; dynamic name "s"; }
`

func productionTopology(t *testing.T, router, node, text string) topologies.Topology {
	t.Helper()
	path := ownFile(t, text)
	top, err := topologies.Parse("production.yaml", []byte(strings.NewReplacer("ROUTER", router, "NODE", node, "FILE", path).Replace(production)))
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func TestProductionFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ router, node, text string }{
		{"gobgp", "frr", frrInProduction},
		{"frr", "bird", birdInProduction},
	} {
		t.Run(tt.router+" and "+tt.node, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, tt.router)
			require(t, tt.node)
			top := productionTopology(t, tt.router, tt.node, tt.text)
			if err := bgp.Check(top); err != nil {
				t.Fatal(err)
			}
			w := startOn(t, labtest.OpenTopology(t, top, lab.Options{}))
			w.established()
			for _, p := range top.Anycast {
				w.waitKernel("r", p, "a")
			}
		})
	}
}

// What check says of them.
func TestProductionReading(t *testing.T) {
	for _, tt := range []struct {
		node, text    string
		says, remarks []string
	}{
		{"frr", frrInProduction, []string{
			"AS 65001, router id 10.0.0.1",
			"neighbors 10.0.0.0/24 in AS 65000 (TOR), hold 3 s, keepalive 1 s, connect retry 10 s (its default), a password, IPv4 and IPv6",
			"announces 192.0.2.100/32, 2001:db8::100/128",
			"writes /var/log/frr/frr.log, in the lab only",
		}, []string{`user.conf:10: "router ospf" has no effect: a lab runs zebra, staticd, bfdd and bgpd only`}},
		{"bird", birdInProduction, []string{
			"neighbors fd00:a11:1ab::/48 in AS 65000 (tor), hold 9 s, keepalive 3 s (its default), connect retry 2 min (its default), idle after an error 1 s, a password, IPv4 and IPv6",
		}, nil},
	} {
		top := productionTopology(t, "gobgp", tt.node, tt.text)
		summary := strings.Join(bgp.ReadFiles(top)["a"].Summary(), "\n")
		for _, want := range tt.says {
			if !strings.Contains(summary, want) {
				t.Errorf("%s: no %q in\n%s", tt.node, want, summary)
			}
		}
		var remarks []string
		for _, r := range bgp.Remarks(top, "a") {
			remarks = append(remarks, r.String())
		}
		if strings.Join(remarks, "\n") != strings.Join(tt.remarks, "\n") {
			t.Errorf("%s: %q, want %q", tt.node, remarks, tt.remarks)
		}
		c, err := bgp.Configure(top, "r")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range c.Neighbors {
			if n.Password != "s3cret" || !n.Awaited || n.Passive {
				t.Errorf("%s: the other end is %+v", tt.node, n)
			}
		}
	}
}

// A range does not excuse what does not fit.
func TestRangesThatDoNotFit(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"10.0.0.0/24", "10.9.0.0/24", "user.conf: no session with 10.0.0.0, which is r"},
		{"remote-as 65000", "remote-as 65009", "user.conf:20: neighbor 10.0.0.0 in AS 65009, but in the topology that is r in AS 65000"},
	} {
		err := bgp.Check(productionTopology(t, "gobgp", "frr", strings.Replace(frrInProduction, tt.old, tt.new, 1)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}
