package bgp

import (
	"net/netip"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"anylab/topologies"
)

const ownPolicy = " no bgp ebgp-requires-policy\n"

// What doesn't stop a lab, but is likely to be a mistake, is said at its line.
func TestRemarks(t *testing.T) {
	const network = " address-family ipv4 unicast\n  network 192.0.2.100/32\n"
	const sites = frrOfA + ownPolicy + network
	for _, tt := range []struct{ name, daemon, session, text, want string }{
		{"all is well", "frr", "", sites, ""},
		{"the tutorials'", "frr", "", frrOfA + network, "a.conf:2: a announces nothing: eBGP without a policy (RFC 8212)"},
		{"another address", "frr", "", strings.Replace(sites, ".100", ".99", 1), "a.conf:5: a announces 192.0.2.99/32, the topology's anycast address is 192.0.2.100/32"},
		{"another and the right one", "frr", "", sites + "  network 192.0.2.99/32\n", ""},
		{"another, and whatever is connected", "frr", "", strings.Replace(sites, ".100", ".99", 1) + "  redistribute connected\n", ""},
		{"a misspelt name", "frr", "", sites + "  neighbor 10.0.0.0 route-map OTU out\n", "a.conf:6: route-map OTU is not defined, so nothing is announced to 10.0.0.0"},
		{"a list that denies", "frr", "", sites + "  neighbor 10.0.0.0 prefix-list L out\nexit\nip prefix-list L permit 192.0.2.0/24\n", "a.conf:6: the export policy for r does not let 192.0.2.100/32 out"},
		{"a list that lets more specifics out", "frr", "", sites + "  neighbor 10.0.0.0 prefix-list L out\nexit\nip prefix-list L permit 192.0.2.0/24 le 32\n", ""},
		{"somebody else", "frr", "", sites + " neighbor 10.9.9.9 remote-as 65000\n", "a.conf:6: no link of a leads to 10.9.9.9: that session stays down here"},
		{"a password", "frr", "", sites + " neighbor 10.0.0.0 password x\n", ""},
		{"BFD alone", "frr", "", sites + " neighbor 10.0.0.0 bfd\n", "a.conf:6: BFD 300 ms x 3 with r, but link r-a has no BFD"},
		{"BFD together", "frr", withBFD, sites + " neighbor 10.0.0.0 bfd\n", ""},
		{"keepalives that are too late", "frr", "", sites + " neighbor 10.0.0.0 timers 30 9\n", "a.conf:6: keepalives every 30 s would be too late for a hold time of 9 s: bgpd sends them every 3 s"},
		{"no keepalives", "frr", "", sites + " neighbor 10.0.0.0 timers 0 0\n", ""},
		{"no such profile", "frr", withBFD, sites + " neighbor 10.0.0.0 bfd profile P\n", "a.conf:6: BFD profile P is not defined, so bfdd's defaults hold"},
		{"no family", "frr", "", sites + " no bgp default ipv4-unicast\n", "a.conf:2: the session with r (10.0.0.0) carries no IPv4 routes"},
		{"no rule", "openbgpd", "", "AS 65001\nnetwork 192.0.2.100/32\nneighbor 10.0.0.0 { remote-as 65000 }\n", "a.conf:3: a announces nothing: bgpd lets nothing out"},
		{"nothing exported", "bird", "", "protocol static { ipv4; route 192.0.2.100/32 blackhole; }\nprotocol bgp {\n local as 65001; neighbor 10.0.0.0 as 65000;\n ipv4 { import all;\n export none; };\n}\n", "a.conf:5: the export policy for r does not let 192.0.2.100/32 out"},
	} {
		top := watching(t, "frr", tt.daemon, tt.session, map[string]string{"a": tt.text})
		var said []string
		for _, r := range Remarks(top, "a") {
			said = append(said, r.String())
		}
		if tt.want == "" && said != nil || tt.want != "" && (len(said) != 1 || !strings.HasPrefix(said[0], tt.want)) {
			t.Errorf("%s: %q, want %q", tt.name, said, tt.want)
		}
		if err := Check(top); err != nil {
			t.Errorf("%s: refused: %v", tt.name, err)
		}
	}
}

// A file that announces one of two anycast addresses is said to lack the other.
func TestPartial(t *testing.T) {
	const site = frrOfA + ownPolicy
	const four, six = " network 192.0.2.100/32\n", " address-family ipv6 unicast\n  network 2001:db8::100/128\n exit-address-family\n"
	const hidden = ": in the lab anylab announces it (if the daemon can be told), in production nobody does"
	const lacksFour = "a announces 2001:db8::100/128, but no 192.0.2.100/32" + hidden
	const lacksSix = "a announces 192.0.2.100/32, but no 2001:db8::100/128" + hidden
	const bird = "router id 10.0.0.1;\nprotocol static { ipv4; route 192.0.2.100/32 blackhole; }\nprotocol bgp { local as 65001; neighbor 10.0.0.0 as 65000; ipv4 { import all; export all; }; }\n"
	for _, tt := range []struct{ name, daemon, text, want string }{
		{"both", "frr", site + four + six, ""},
		{"none", "frr", site, ""},
		{"IPv6 alone", "frr", site + six, "a.conf:5: " + lacksFour},
		{"IPv4 alone", "frr", site + four, "a.conf:4: " + lacksSix},
		{"by its address", "frr", site + " redistribute connected\n", "a.conf:4: " + lacksSix},
		{"and another by its address", "frr", site + " redistribute connected\n" + six, ""},
		{"and whatever the kernel has", "frr", site + " redistribute kernel\n" + six, ""},
		{"and whatever the kernel has of IPv6", "frr", site + six + " address-family ipv6 unicast\n  redistribute kernel\n", "a.conf:5: " + lacksFour},
		{"and another IPv4", "frr", site + six + " network 192.0.2.99/32\n", ""}, // which is said otherwise
		{"by a static route", "frr", site + six + " redistribute static\nexit\nip route 192.0.2.100/32 Null0\n", ""},
		{"BIRD", "bird", bird, "a.conf:2: " + lacksSix},
		{"BIRD, both", "bird", bird + "protocol static { ipv6; route 2001:db8::100/128 blackhole; }\n", ""},
	} {
		top := watchingFor(t, "[192.0.2.100/32, 2001:db8::100/128]", "frr", tt.daemon, "", map[string]string{"a": tt.text})
		var said []string
		for _, r := range Remarks(top, "a") {
			if strings.Contains(r.Text, "but no ") {
				said = append(said, r.String())
			}
		}
		if got := strings.Join(said, "; "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A router's own file that lets a site's address not in is said at its line.
func TestUnadmitted(t *testing.T) {
	const router = "router bgp 65000\n no bgp ebgp-requires-policy\n neighbor 10.0.0.1 remote-as 65001\n neighbor 10.0.0.1 prefix-list L in\nexit\nip prefix-list L permit "
	const site = frrOfA + ownPolicy + " network 192.0.2.100/32\n"
	for list, want := range map[string]string{
		"192.0.2.0/24 le 32\n": "",
		"192.0.2.99/32\n":      "r.conf:4: the import policy for a does not let 192.0.2.100/32 in",
	} {
		top := watching(t, "frr", "frr", "", map[string]string{"a": site, "r": router + list})
		var said []string
		for _, r := range Remarks(top, "r") {
			said = append(said, r.String())
		}
		if got := strings.Join(said, "; "); got != want {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
}

// Two files of the user's that share no password are said so at their lines.
func TestOtherPasswords(t *testing.T) {
	const site = frrOfA + ownPolicy + " address-family ipv4 unicast\n  network 192.0.2.100/32\n exit-address-family\n"
	for _, tt := range []struct{ near, far, want string }{
		{" neighbor 10.0.0.0 password x\n", " neighbor 10.0.0.1 password x\n", ""},
		{"", "", ""},
		{" neighbor 10.0.0.0 password x\n", " neighbor 10.0.0.1 password y\n", "a.conf:7: the password of the session with r is not the one there, r.conf:4 has another one: it will not come up"},
		{" neighbor 10.0.0.0 password x\n", "", "a.conf:7: the password of the session with r is not the one there, r.conf:2 has none: it will not come up"},
		{"", " neighbor 10.0.0.1 password y\n", "a.conf:2: the password of the session with r is not the one there, r.conf:4 has another one: it will not come up"},
	} {
		top := watching(t, "frr", "frr", "", map[string]string{"a": site + tt.near, "r": "router bgp 65000\n neighbor 10.0.0.1 remote-as 65001\n" + ownPolicy + tt.far})
		var said []string
		for _, r := range Remarks(top, "a") {
			said = append(said, r.String())
		}
		if got := strings.Join(said, "; "); got != tt.want {
			t.Errorf("%q and %q: %q, want %q", tt.near, tt.far, got, tt.want)
		}
	}
}

// BFD that the topology asks for and the file has not would never come up.
func TestCheckRefusesAFileWithoutBFD(t *testing.T) {
	top := watching(t, "frr", "frr", withBFD, map[string]string{"a": frrOfA})
	if err := Check(top); err == nil || !strings.Contains(err.Error(), "a.conf:2: neighbor 10.0.0.0 has no BFD") {
		t.Error(err)
	}
}

// The daemons find junk in a file, and its line, without running with it.
func TestProofread(t *testing.T) {
	for _, tt := range []struct{ daemon, program, good, junk, want string }{
		{"frr", "vtysh", frrOfA, " neighbor 10.0.0.0 timers connected 1\n", "a.conf:3: Unknown command"},
		{"bird", "bird", "router id 10.0.0.1;\n" + birdsBFD, "protocol junk { }\n", "a.conf:3: syntax error"},
		{"gobgpd", "gobgpd", "[global.config]\nas = 65001\nrouter-id = \"10.0.0.1\"\n", "junk = 5\n", "a.conf: 1 error(s) decoding: * 'global.config' has invalid keys: junk"},
		{"openbgpd", "bgpd", "AS 65001\nrouter-id 10.0.0.1\n", "junk here\n", "a.conf:3: syntax error"},
		{"exabgp", "exabgp", "neighbor 10.0.0.0 {\n router-id 10.0.0.1;\n local-address 10.0.0.1;\n local-as 65001;\n peer-as 65000;\n", "junk 5;\n", "a.conf:6: junk 5 ;: invalid keyword"},
	} {
		t.Run(tt.daemon, func(t *testing.T) {
			if d, err := Named(tt.daemon); err != nil || d.Available() != nil {
				t.Skip("it is not installed")
			}
			if tt.daemon == "frr" && exec.Command(tt.program, "-C", "-f", "/dev/null").Run() != nil {
				t.Skip("vtysh is for root and group frrvty here")
			}
			end := map[string]string{"exabgp": "}\n"}[tt.daemon]
			for text, want := range map[string]string{tt.good + end: "", tt.good + tt.junk + end: tt.want} {
				top := watching(t, "frr", tt.daemon, "", map[string]string{"a": text})
				n, _ := top.Node("a")
				got := Proofread(t.Context(), n)
				if want == "" && got != nil || want != "" && (len(got) == 0 || !strings.HasPrefix(got[0].String(), want)) {
					t.Errorf("%q: %v, want %q", text, got, want)
				}
			}
		})
	}
	n := topologies.Node{Name: "a", Daemon: "bird", Config: filepath.Join(t.TempDir(), "none")}
	if got := Proofread(t.Context(), n); got != nil {
		t.Errorf("a file that is not there: %v", got)
	}
}

// FRR goes on without what it refuses of its own file; its log tells.
func TestFRRRejects(t *testing.T) {
	const log = `2026/11/29 05:23:50 BFD: [T83RR-8SM5G] bfdd 8.4.4 starting: vty@0
2026/11/29 05:23:50 BFD: [SHWNK-NWT5S][EC 100663304] No such command on config line 6:   receive-interval 61000
`
	got := complaints([]topologies.File{{Name: "bfdd.conf"}}, "", log, frrRejected)
	if len(got) != 1 || got[0].String() != "bfdd.conf:6: No such command: receive-interval 61000" {
		t.Errorf("%v", got)
	}
}

// What keeps a site from announcing is said of it alone, and without what else is
// odd in its file.
func TestUnannounced(t *testing.T) {
	const network = " address-family ipv4 unicast\n  network 192.0.2.100/32\n"
	for text, want := range map[string]string{
		frrOfA + network: "a.conf:2: a announces nothing: eBGP without a policy (RFC 8212)",
		frrOfA + ownPolicy + network + "  neighbor 10.0.0.0 route-map OTU out\n": "a.conf:6: a announces nothing: its route-map OTU is not defined",
		frrOfA + ownPolicy + network + " neighbor 10.9.9.9 remote-as 65000\n":    "",
	} {
		top := watching(t, "frr", "frr", "", map[string]string{"a": text})
		said := ""
		for _, r := range Unannounced(top, "a") {
			said += r.String()
		}
		if !strings.HasPrefix(said, want) || want == "" && said != "" {
			t.Errorf("%s: %q, want %q", text, said, want)
		}
		if of := Unannounced(top, "r"); of != nil {
			t.Errorf("of a router: %v", of)
		}
	}
}

// Sessions that the user's own file keeps down are named at their lines, and known at
// both ends.
func TestSessionsKeptDown(t *testing.T) {
	const announced = ownPolicy + " address-family ipv4 unicast\n  network 192.0.2.100/32\n exit-address-family\n"
	for _, tt := range []struct{ daemon, own, want string }{
		{"frr", frrOfA + " neighbor 10.0.0.0 shutdown\n" + announced, "a.conf:3: neighbor 10.0.0.0 is shut down"},
		{"frr", frrOfA + " bgp default shutdown\n" + announced, "a.conf:3: neighbor 10.0.0.0 is shut down by default"},
		{"frr", frrOfA + " bgp default shutdown\n no neighbor 10.0.0.0 shutdown\n" + announced, ""},
		{"frr", frrOfA + " neighbor 10.0.0.0 ttl-security hops 1\n" + announced, "a.conf:3: ttl-security, but r has no file of its own"},
		{"frr", strings.Replace(frrOfA, "65001", "65009", 1) + " neighbor 10.0.0.0 local-as 65001 no-prepend replace-as\n" + announced, ""},
		{"frr", frrOfA + ownPolicy + " address-family ipv4 unicast\n  redistribute connected route-map ANY\n exit-address-family\nexit\nip prefix-list ANY seq 5 permit 192.0.2.35/32\nroute-map ANY permit 10\n match ip address prefix-list ANY\nexit\n",
			"what is redistributed leaves 192.0.2.100/32 out"},
		{"frr", frrOfA + ownPolicy + " address-family ipv4 unicast\n  redistribute connected route-map ANY\n exit-address-family\nexit\nip prefix-list ANY seq 5 permit 192.0.2.100/32\nroute-map ANY permit 10\n match ip address prefix-list ANY\nexit\n", ""},
		{"bird", "router id 10.0.0.1;\nprotocol static { ipv4; route 192.0.2.100/32 reject; }\nprotocol bgp {\n local 10.0.0.1 as 65001;\n neighbor 10.0.0.0 as 65000;\n disabled;\n ipv4 { import all; export all; };\n}\n",
			"a.conf:6: this protocol is disabled"},
	} {
		top := watching(t, "frr", tt.daemon, "", map[string]string{"a": tt.own})
		var said []string
		for _, r := range Remarks(top, "a") {
			said = append(said, r.String())
		}
		if tt.want == "" && said != nil || tt.want != "" && !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, tt.want) }) {
			t.Errorf("%q: %q, want %q", tt.own, said, tt.want)
		}
		down := strings.Contains(tt.want, "shut down") || strings.Contains(tt.want, "disabled")
		for node, peer := range map[string]string{"a": "10.0.0.0", "r": "10.0.0.1"} {
			if got := ReadFiles(top).KeptDown(top, node, netip.MustParseAddr(peer)); got != down {
				t.Errorf("%q: %s with %s kept down: %v, want %v", tt.own, node, peer, got, down)
			}
		}
		if err := Check(top); err != nil {
			t.Errorf("%q: refused: %v", tt.own, err)
		}
	}
}
