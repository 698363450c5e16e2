package bgp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tutorial is what the tutorials say that a site needs.
const tutorial = `router bgp 65001
 bgp router-id 1.1.1.1
 neighbor 203.0.113.1 remote-as 65000
 !
 address-family ipv4 unicast
  network 192.0.2.100/32
  neighbor 203.0.113.1 activate
 exit-address-family
`

const frrSite = `frr version 8.4.4
frr defaults traditional
log file /var/log/frr.log
ip prefix-list ANYCAST seq 5 permit 192.0.2.53/32
ip prefix-list ANYCAST seq 99 deny any
route-map OUT permit 10
 match ip address prefix-list ANYCAST
exit
route-map IN permit 10
exit
router bgp 65001
 bgp router-id 10.1.1.1
 no bgp default ipv4-unicast
 timers bgp 3 9
 neighbor TOR peer-group
 neighbor TOR remote-as 65101
 neighbor TOR bfd profile FAST
 neighbor 10.1.1.0 peer-group TOR
 neighbor 10.1.1.2 peer-group TOR
 neighbor 10.1.1.2 remote-as 65102
 neighbor 10.1.1.2 timers 10 30
 neighbor 10.1.1.2 timers connect 5
 neighbor 10.1.1.2 password secret
 neighbor eth7 interface remote-as external
 address-family ipv4 unicast
  network 192.0.2.53/32
  redistribute connected route-map IN
  neighbor TOR activate
  neighbor TOR route-map IN in
  neighbor TOR route-map OUT out
  neighbor 10.1.1.2 route-map OTU out
 exit-address-family
exit
bfd
 profile FAST
  transmit-interval 300
  receive-interval 200
  detect-multiplier 4
 exit
exit
`

const birdSite = `router id 10.0.0.1;
define UPSTREAM = 10.0.0.0;
log "/var/log/bird.log" all;
protocol device { }
protocol static anycast { ipv4; route 192.0.2.100/32 blackhole; }
protocol static { ipv4; route 0.0.0.0/0 via 10.0.0.0; }
protocol bfd { interface "*" { interval 50 ms; multiplier 3; }; }
template bgp sites {
	local 10.0.0.1 as 65001;  # ours
	hold time 12;
	graceful restart on;
	bfd on;
}
protocol bgp up from sites {
	neighbor UPSTREAM as 65000;
	error wait time 3, 30;
	bfd { min rx interval 20 ms; };
	ipv4 { import none; export where proto = "anycast"; };
}
protocol bgp other {
	local as 65001;
	neighbor 10.0.0.8 as 65000;
	hold time (3 + 6);
	ipv4 { import none; export filter { if net ~ [ 192.0.2.0/24+ ] then accept; reject; }; };
}
`

const gobgpdSite = `[global.config]
  as = 65001
  router-id = "10.0.0.1"
[[peer-groups]]
  [peer-groups.config]
    peer-group-name = "up"
    peer-as = 65000
  [peer-groups.timers.config]
    hold-time = 30
[[neighbors]]
  [neighbors.config]
    neighbor-address = "10.0.0.0"
    peer-group = "up"
  [neighbors.timers.config]
    idle-hold-time-after-reset = 5
[[neighbors]]
  config = { neighbor-address = "10.0.0.8", peer-as = 65009 }
`

const openbgpdSite = `upstream = "10.0.0.0"
AS 65001
router-id 10.0.0.1
holdtime 30
network 192.0.2.100/32
group "ups" {
	remote-as 65000
	neighbor $upstream {
		holdtime 12
		local-address 10.0.0.1
	}
}
neighbor 10.0.0.8 { remote-as 65009 }
allow to any
`

const exabgpSite = `neighbor 10.0.0.0 {
	router-id 10.0.0.1;
	local-address 10.0.0.1;
	local-as 65001;
	peer-as 65000;
	hold-time 9;
	capability { graceful-restart 60; }
	family { ipv4 unicast; ipv6 unicast; }
	static { route 192.0.2.100/32 next-hop self; }
}
`

func TestRead(t *testing.T) {
	for _, test := range []struct {
		name, daemon, text string
		want               string
	}{
		{"the tutorials'", "frr", tutorial, `
AS 65001 (1), router id 1.1.1.1 (2)
203.0.113.1 (3) AS 65000 (3) hold 3m0s keepalive 1m0s retry 2m0s idle - BFD none restart 0s ipv4
 exports nothing (3): eBGP without a policy (RFC 8212): no route-map or filter "out", and no "no bgp ebgp-requires-policy"
originates 192.0.2.100/32 (6)
`},
		{"policies off", "frr", tutorial + " no bgp ebgp-requires-policy\n", `
AS 65001 (1), router id 1.1.1.1 (2)
203.0.113.1 (3) AS 65000 (3) hold 3m0s keepalive 1m0s retry 2m0s idle - BFD none restart 0s ipv4
originates 192.0.2.100/32 (6)
`},
		{"a data center's", "frr", "frr defaults datacenter\n" + tutorial, `
AS 65001 (2), router id 1.1.1.1 (3)
203.0.113.1 (4) AS 65000 (4) hold 9s keepalive 3s retry 10s idle - BFD none restart 0s ipv4
originates 192.0.2.100/32 (7)
`},
		{"FRR", "frr", frrSite, `
AS 65001 (11), router id 10.1.1.1 (12)
10.1.1.0 (18) TOR (18) AS 65101 (16) hold 9s (14) keepalive 3s (14) retry 2m0s idle - BFD sends every 300 ms, receives every 200 ms, x 4 (35) restart 0s ipv4 import IN (29) export OUT (30)
10.1.1.2 (19) TOR (19) AS 65102 (20) hold 30s (21) keepalive 10s (21) retry 5s (22) idle - BFD sends every 300 ms, receives every 200 ms, x 4 (35) restart 0s password (23) ipv4 import IN (29) export OTU (31)
 exports nothing (31): its route-map OTU is not defined
eth7 (24) interface eth7 AS ? (24) hold 9s (14) keepalive 3s (14) retry 2m0s idle - BFD none restart 0s
originates 192.0.2.53/32 (26)
source connected IPv4 (27)
log /var/log/frr.log (3)
doubt f:31: route-map OTU is not defined, so nothing is announced to 10.1.1.2
`},
		{"BIRD", "bird", birdSite, `
AS 65001 (9), router id 10.0.0.1 (1)
address 10.0.0.1 (9)
10.0.0.0 (15) sites (14) AS 65000 (15) hold 12s (10) keepalive 4s retry 2m0s idle 3s (16) BFD sends every 50 ms, receives every 20 ms, x 3 (7) restart 2m0s (11) ipv4 import - export where proto = anycast (18)
10.0.0.8 (22) AS 65000 (22) hold ? (23) keepalive - retry 2m0s idle 1m0s BFD none restart 0s ipv4 import - export a filter (24)
originates 192.0.2.100/32 (5)
source ? (24)
log /var/log/bird.log (3)
`},
		{"gobgpd", "gobgpd", gobgpdSite, `
AS 65001 (2), router id 10.0.0.1 (3)
10.0.0.0 (12) up (13) AS 65000 (7) hold 30s (9) keepalive 10s retry 2m0s idle 5s (15) BFD none restart 0s ipv4
10.0.0.8 (17) AS 65009 (17) hold 1m30s keepalive 30s retry 2m0s idle 30s BFD none restart 0s ipv4
`},
		{"OpenBGPD", "openbgpd", openbgpdSite, `
AS 65001 (2), router id 10.0.0.1 (3)
address 10.0.0.1 (10)
10.0.0.0 (8) ups (6) AS 65000 (7) hold 12s (9) keepalive 4s retry 2m0s idle 30s BFD none restart 0s ipv4
10.0.0.8 (13) AS 65009 (13) hold 30s (4) keepalive 10s retry 2m0s idle 30s BFD none restart 0s ipv4
originates 192.0.2.100/32 (5)
`},
		{"OpenBGPD without rules", "openbgpd", "AS 65001\nneighbor 10.0.0.8 { remote-as 65009 }\n", `
AS 65001 (1)
10.0.0.8 (2) AS 65009 (2) hold 1m30s keepalive 30s retry 2m0s idle 30s BFD none restart 0s ipv4
 exports nothing (2): bgpd lets nothing out without a rule that allows it (RFC 8212): no "allow to ..."
`},
		{"ExaBGP", "exabgp", exabgpSite, `
AS 65001 (4), router id 10.0.0.1 (2)
address 10.0.0.1 (3)
10.0.0.0 (1) AS 65000 (5) hold 9s (6) keepalive 3s retry - idle - BFD none restart 1m0s (7) ipv4 ipv6
originates 192.0.2.100/32 (9)
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), told(Read(test.daemon, "f", test.text))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is announced without being named is told with its family.
func TestSummaryTellsFamilies(t *testing.T) {
	r := Read("frr", "f", `router bgp 65001
 redistribute static
 address-family ipv4 unicast
  redistribute connected
 exit-address-family
 address-family ipv6 unicast
  redistribute connected
 exit-address-family
`)
	if want := "announces static IPv4 routes, connected IPv4 routes, connected IPv6 routes"; !slices.Contains(r.Summary(), want) {
		t.Errorf("%q, want %q", r.Summary(), want)
	}
}

// told writes all that was read, with the lines.
func told(r *Reading) string {
	var b strings.Builder
	own := "AS " + tell(r.AS)
	if r.RouterID.Known {
		own += ", router id " + tell(r.RouterID)
	}
	fmt.Fprintln(&b, own)
	for _, a := range r.Addresses {
		fmt.Fprintln(&b, "address", tell(a))
	}
	for _, s := range r.Sessions {
		fmt.Fprintf(&b, "%s (%d)", s.Name, s.At.Line)
		if s.Group.Known {
			fmt.Fprint(&b, " ", tell(s.Group))
		}
		if s.Interface != "" {
			fmt.Fprint(&b, " interface ", s.Interface)
		}
		fmt.Fprintf(&b, " AS %s hold %s keepalive %s retry %s idle %s", tell(s.AS), tell(s.Hold), tell(s.Keepalive), tell(s.Retry), tell(s.Idle))
		if s.BFD.Known && s.BFD.Value.Multiplier == 0 {
			fmt.Fprint(&b, " BFD none")
		} else {
			fmt.Fprint(&b, " ", tell(s.BFD))
		}
		fmt.Fprint(&b, " restart ", tell(s.Restart))
		if s.Password.Known {
			fmt.Fprintf(&b, " password (%d)", s.Password.At.Line)
		}
		for _, f := range s.Families {
			fmt.Fprint(&b, map[bool]string{false: " ipv4", true: " ipv6"}[f.V6])
			if f.Import.Written() || f.Export.Written() {
				fmt.Fprint(&b, " import ", tell(f.Import), " export ", tell(f.Export))
			}
		}
		fmt.Fprintln(&b)
		if s.Unexported.Known {
			fmt.Fprintf(&b, " exports nothing (%d): %s\n", s.Unexported.At.Line, s.Unexported.Value)
		}
	}
	for _, p := range r.Originated {
		fmt.Fprintln(&b, "originates", tell(p))
	}
	for _, s := range r.Sources {
		fmt.Fprintln(&b, "source", tell(s))
	}
	for _, s := range r.Logs {
		fmt.Fprintln(&b, "log", tell(s))
	}
	for _, d := range r.Doubts {
		fmt.Fprintln(&b, "doubt", d)
	}
	return b.String()
}

// tell writes "-" for what the file does not say, "?" for what isn't read.
func tell[T any](s Said[T]) string {
	text := fmt.Sprint(s.Value)
	switch {
	case !s.Known && !s.Written():
		return "-"
	case !s.Known:
		text = "?"
	}
	if s.Written() {
		text += fmt.Sprintf(" (%d)", s.At.Line)
	}
	return text
}

// What a policy of FRR lets out.
func TestPasses(t *testing.T) {
	r := Read("frr", "f", frrSite+`route-map ODD permit 10
 match as-path X
exit
`)
	s, _ := r.With(netip.MustParseAddr("10.1.1.0"))
	f, _ := s.Family(false)
	for prefix, want := range map[string]bool{"192.0.2.53/32": true, "192.0.2.54/32": false, "192.0.2.0/24": false} {
		if got := f.Passes(netip.MustParsePrefix(prefix)); !got.Known || got.Value != want {
			t.Errorf("%s: %+v, want %v", prefix, got, want)
		}
	}
	odd := Read("frr", "f", strings.ReplaceAll(frrSite, "  neighbor TOR route-map OUT out", "  neighbor TOR route-map ODD out")+"route-map ODD permit 10\n match as-path X\n")
	s, _ = odd.With(netip.MustParseAddr("10.1.1.0"))
	f, _ = s.Family(false)
	if got := f.Passes(netip.MustParsePrefix("192.0.2.53/32")); got.Known {
		t.Errorf("a match on paths is read as %+v", got)
	}
}

// Conditional routes are looked at now and then.
func TestScan(t *testing.T) {
	const condition = "  neighbor 10.0.0.2 advertise-map ADV non-exist-map GONE\n"
	for _, c := range []struct {
		daemon, text string
		want         time.Duration
	}{
		{"frr", "router bgp 65002\n bgp conditional-advertisement timer 5\n" + condition, 5 * time.Second},
		{"frr", "router bgp 65002\n" + condition, time.Minute},
		{"frr", "router bgp 65002\n" + condition + " bgp conditional-advertisement timer 7\n", 7 * time.Second},
		{"frr", "router bgp 65002\n! " + condition, 0},
		{"frr", "router bgp 65002\n bgp conditional-advertisement timer 5\n", 0},
		{"bird", condition, 0},
	} {
		if got := Read(c.daemon, "f", c.text).Scan; got != c.want {
			t.Errorf("%s: %q: %v, want %v", c.daemon, c.text, got, c.want)
		}
	}
	if Read("nobody", "f", condition) != nil {
		t.Error("nobody's file was read")
	}
}

// gobgpd's other languages, and what is none.
func TestReadLanguages(t *testing.T) {
	const yaml = "global:\n  config: {as: 65001, router-id: 10.0.0.1}\nneighbors:\n- config: {neighbor-address: 10.0.0.0, peer-as: 65000}\n  timers:\n    config: {hold-time: 9}\n"
	s, ok := Read("gobgpd", "f.yaml", yaml).With(netip.MustParseAddr("10.0.0.0"))
	if !ok || s.AS.Value != 65000 || s.Hold != said(9*time.Second, Place{"f.yaml", 6}) {
		t.Errorf("YAML: %+v", s)
	}
	if r := Read("gobgpd", "f.toml", "[global.config]\nas = 1\n[neighbors\n"); len(r.Refused) != 1 || r.Refused[0].At.Line != 3 {
		t.Errorf("broken TOML: %+v", r.Refused)
	}
}

// FRR takes the beginning of a word for the word, where no other begins so.
func TestReadAbridged(t *testing.T) {
	short := strings.NewReplacer(" neighbor", " nei", "timers bgp", "tim bgp", "timers connect", "tim conn", " remote-as", " remote", "bgp router-id", "bgp router-i",
		"address-family ipv4 unicast", "addr ipv4 uni", " network", " net", " activate", " act", "route-map OUT out", "route-m OUT out", " password", " passw",
		"redistribute connected", "red conn", "transmit-interval", "trans", "match ip address prefix-list", "mat ip addr prefix-li").Replace(frrSite)
	full, abridged := Read("frr", "frr.conf", frrSite), Read("frr", "frr.conf", short)
	if diff := cmp.Diff(full.Summary(), abridged.Summary()); diff != "" || short == frrSite {
		t.Errorf("full and abridged are read differently (-full +abridged):\n%s", diff)
	}
	if diff := cmp.Diff(full.Doubts, abridged.Doubts); diff != "" {
		t.Errorf("full and abridged are doubted differently (-full +abridged):\n%s", diff)
	}
	if s, _ := abridged.With(netip.MustParseAddr("10.1.1.2")); s.Hold.Value != 30*time.Second || s.Password.Value != "secret" {
		t.Errorf("%+v", s)
	}
	for word, want := range map[string]string{"ne": "ne", "no": "no", "nei": "neighbor", "neighbors": "neighbors"} {
		if got := frrUnabridged("router", []string{word}); got[0] != want {
			t.Errorf("%s is taken for %s, want %s", word, got[0], want)
		}
	}
}

// bgpd refuses hold times that vtysh's check of the file lets pass.
func TestShortHoldTimes(t *testing.T) {
	const file = "router bgp 65001\n timers bgp %s\n neighbor 10.0.0.0 remote-as 65000\n neighbor 10.0.0.2 remote-as 65000\n"
	for timers, want := range map[string]string{"6 2": "f.conf:2: a hold time of 2 s: bgpd takes 0, or 3 s and more", "0 0": "", "1 3": ""} {
		var refused []string
		for _, remark := range Read("frr", "f.conf", fmt.Sprintf(file, timers)).Refused {
			refused = append(refused, remark.String())
		}
		if got := strings.Join(refused, "; "); got != want {
			t.Errorf("timers bgp %s: %q, want %q", timers, got, want)
		}
	}
}
