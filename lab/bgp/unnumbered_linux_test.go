package bgp_test

import (
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/topologies"
)

// An own file's neighbor that is an interface is the one at the far end of its link, and
// so is a link-local address behind an interface; with what its group says.
func TestOwnUnnumberedSessions(t *testing.T) {
	link := "  - {endpoints: [r, a], unnumbered: true, bfd: {interval: 50ms, multiplier: 3}}\n"
	for name, c := range map[string]struct {
		link, text, refused string
	}{
		"interface":         {link: link, text: " neighbor eth0 interface remote-as external\n neighbor eth0 bfd 3 50 50\n neighbor eth0 timers 1 6\n"},
		"v6only in a group": {link: link, text: " neighbor G peer-group\n neighbor G bfd 3 50 50\n neighbor G timers 1 6\n neighbor G remote-as external\n neighbor eth0 interface v6only peer-group G\n"},
		"address":           {link: link, text: " neighbor fe80::1:0 remote-as 65000\n neighbor fe80::1:0 interface eth0\n neighbor fe80::1:0 bfd 3 50 50\n neighbor fe80::1:0 timers 1 6\n"},
		"numbered link":     {link: "  - endpoints: [r, a]\n", text: " neighbor eth0 interface remote-as external\n", refused: "neighbor eth0 is an unnumbered session, but link r-a has addresses: say `unnumbered: true` there"},
		"other":             {link: link, text: " neighbor eth9 interface remote-as external\n", refused: "user.conf:3: no unnumbered link of a has the interface eth9, only eth0 (r); name it in the topology: `endpoints: [NODE, \"a:eth9\"]`"},
		"none":              {link: link, text: " timers bgp 1 6\n", refused: "user.conf: no session with eth0, which is r at the other end of link r-a"},
		"its own AS":        {link: link, text: " neighbor eth0 interface remote-as internal\n", refused: "neighbor eth0 in AS 65001, but in the topology that is r in AS 65000"},
		"without BFD":       {link: link, text: " neighbor eth0 interface remote-as external\n", refused: "neighbor eth0 has no BFD, but in the topology link r-a has"},
	} {
		t.Run(name, func(t *testing.T) {
			path := ownFile(t, "router bgp 65001\n no bgp ebgp-requires-policy\n"+c.text+" address-family ipv4 unicast\n  network 192.0.2.100/32\n exit-address-family\n")
			top, err := topologies.Parse("own.yaml", []byte(strings.NewReplacer("DAEMON", "frr", "FILE", path, "  - endpoints: [r, a]\n", c.link).Replace(userLab)))
			if err != nil {
				t.Fatal(err)
			}
			if err := bgp.Check(top); c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("got %v, want %q", err, c.refused)
				}
				return
			} else if err != nil {
				t.Fatal(err)
			}
			w := bgp.ReadFiles(top).WatchOf(top, top.Links[0], "r")
			if w.Hold.Time.Seconds() != 6 || w.BFD.Every.Milliseconds() != 50 || w.BFD.Multiplier != 3 {
				t.Errorf("r watches a by %+v", w)
			}
			if remarks := bgp.Remarks(top, "a"); len(remarks) != 0 {
				t.Errorf("remarks: %v", remarks)
			}
		})
	}
}

// A daemon without such sessions is refused by its name.
func TestUnnumberedRefused(t *testing.T) {
	for _, daemon := range []string{"exabgp", "openbgpd"} {
		err := bgp.Check(parse(t, strings.NewReplacer("asn: 65001}", "asn: 65001, daemon: "+daemon+"}", "- endpoints: [r, a]", "- {endpoints: [r, a], unnumbered: true}").Replace(twoNodes)))
		if err == nil || !strings.Contains(err.Error(), "link r-a is unnumbered, which "+daemon+" can't do; that is done by bird, frr, gobgp, gobgpd only") {
			t.Errorf("%s: %v", daemon, err)
		}
	}
}

// An end's BFD can't be said beside its own file, which has it.
func TestOwnFileHasItsBFD(t *testing.T) {
	path := ownFile(t, "router bgp 65001\n neighbor 10.0.0.0 remote-as 65000\n neighbor 10.0.0.0 bfd\n")
	link := "  - {endpoints: [r, a], bfd: {interval: 300ms}, to: {a: {bfd: {receive: 1s}}}}\n"
	top, err := topologies.Parse("own.yaml", []byte(strings.NewReplacer("DAEMON", "frr", "FILE", path, "  - endpoints: [r, a]\n", link).Replace(userLab)))
	if err != nil {
		t.Fatal(err)
	}
	if err := bgp.Check(top); err == nil || !strings.Contains(err.Error(), "in which its end's BFD must stand") {
		t.Errorf("%v", err)
	}
}

// Passive BFD is refused by the name of a daemon that always speaks, at its place.
func TestPassiveBFDRefused(t *testing.T) {
	err := bgp.Check(parse(t, strings.Replace(twoNodes, "- endpoints: [r, a]", "- {endpoints: [r, a], bfd: {interval: 50ms}, to: {a: {bfd: {passive: true}}}}", 1)))
	if err == nil || !strings.Contains(err.Error(), "passive BFD, which gobgp can't do; that is done by bird, frr only") {
		t.Errorf("%v", err)
	}
}
