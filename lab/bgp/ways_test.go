package bgp

import (
	"net/netip"
	"strings"
	"testing"
)

// How a site's address is announced where its own file leaves that to the
// interface that has it, and what that keeps from being withdrawn.
func TestWays(t *testing.T) {
	const site = frrOfA + ownPolicy
	const byAddress = "192.0.2.100/32 is announced and withdrawn by the address on anycast0"
	const bgpOfA = "protocol bgp { local as 65001; neighbor 10.0.0.0 as 65000;\n ipv4 { import all; export "
	for _, tt := range []struct{ name, daemon, text, way, remark string }{
		{"by name", "frr", site + " network 192.0.2.100/32\n", "", ""},
		{"connected", "frr", site + " redistribute connected\n", byAddress + ", which a.conf:4 redistributes", ""},
		{"and by name", "frr", site + " redistribute connected\n network 192.0.2.100/32\n", byAddress + ", which a.conf:4 redistributes, and by name", ""},
		{"of another family", "frr", site + " address-family ipv6 unicast\n  redistribute connected\n", "", ""},
		{"static, which the address hides", "frr", site + " redistribute static\nexit\nip route 192.0.2.100/32 Null0\n", "", ""},
		{"connected and static", "frr", site + " redistribute connected\n redistribute static\nexit\nip route 192.0.2.100/32 Null0\n",
			byAddress + ", which a.conf:4 redistributes",
			"a.conf:7: 192.0.2.100/32 can't be withdrawn: once the address is off anycast0, which a.conf:4 redistributes, this static route is announced in its place"},
		{"kernel", "frr", site + " redistribute kernel\n", "", ""},
		{"let in", "frr", site + " redistribute connected route-map M\nexit\nroute-map M permit 10\n match ip address prefix-list L\nexit\nip prefix-list L permit 192.0.2.0/24 le 32\n",
			byAddress + ", which a.conf:4 redistributes", ""},
		{"of its interface", "frr", site + " redistribute connected route-map M\nexit\nroute-map M permit 10\n match interface anycast0\n",
			byAddress + ", which a.conf:4 redistributes", ""},
		{"of another interface", "frr", site + " redistribute connected route-map M\nexit\nroute-map M permit 10\n match interface lo\n", "", ""},
		{"of a tag", "frr", site + " redistribute connected route-map M\nexit\nroute-map M permit 10\n match tag 7\n",
			byAddress + ": whether a.conf:4 redistributes it can't be told", ""},
		{"direct", "bird", "protocol direct { ipv4; interface \"any*\"; }\n" + bgpOfA + "where source = RTS_DEVICE; }; }\n", byAddress + ", which a.conf:1 redistributes", ""},
		{"direct, not exported", "bird", "protocol direct { ipv4; }\n" + bgpOfA + "where source = RTS_STATIC; }; }\n", "", ""},
		{"direct, of other interfaces", "bird", "protocol direct { ipv4; interface -\"any*\", \"*\"; }\n" + bgpOfA + "all; }; }\n", "", ""},
		{"direct, of another family", "bird", "protocol direct { ipv6; }\n" + bgpOfA + "all; }; }\n", "", ""},
	} {
		top := watching(t, "frr", tt.daemon, "", map[string]string{"a": tt.text})
		if got := strings.Join(Ways(top, "a"), "; "); got != tt.way {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.way)
		}
		var said []string
		for _, r := range Remarks(top, "a") {
			if strings.Contains(r.Text, "withdrawn") {
				said = append(said, r.String())
			}
		}
		if got := strings.Join(said, "; "); got != tt.remark {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.remark)
		}
	}
}

// Each prefix is announced in the way that the file has, in both where it has
// both or can't be told.
func TestFRRWays(t *testing.T) {
	p := netip.MustParsePrefix("192.0.2.100/32")
	for text, want := range map[string][2]bool{
		"":                        {false, true},
		" redistribute static\n":  {false, true},
		" redistribute connected": {true, false},
		" redistribute connected\n network 192.0.2.100/32":                                      {true, true},
		" redistribute connected route-map M\nexit\nroute-map M permit 10\n match tag 7\n":      {true, true},
		" redistribute connected route-map M\nexit\nroute-map M deny 10\n":                      {false, true},
		" redistribute connected route-map NONE\n address-family ipv6\n redistribute connected": {false, true},
	} {
		s := frrSpeaker{config: Config{AnycastDev: "anycast0"}, own: Read("frr", "f", frrOfA+text)}
		connected, named := s.ways([]netip.Prefix{p})
		if got := [2]bool{len(connected) == 1, len(named) == 1}; got != want {
			t.Errorf("%q: by its address and by name: %v, want %v", text, got, want)
		}
	}
}
