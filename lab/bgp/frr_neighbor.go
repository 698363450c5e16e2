package bgp

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// peer returns the neighbor or group with the name.
func (r *frrReader) peer(name string) *frrPeer {
	for _, p := range r.peers {
		if p.name == name {
			return p
		}
	}
	p := &frrPeer{name: name, at: r.at, settings: map[string]frrWords{}, families: map[string]map[string]frrWords{}}
	r.peers = append(r.peers, p)
	return p
}

// perFamily are settings that an address family of the neighbor has.
var frrPerFamily = []string{"activate", "route-map", "prefix-list", "filter-list", "distribute-list", "advertise-map", "unsuppress-map", "default-originate"}

func (r *frrReader) neighbor(st statement, no bool) {
	p := r.peer(st.word(1))
	key, rest := st.word(2), st.words[3:]
	if no {
		rest = nil
	} else if rest == nil {
		rest = []string{}
	}
	if key == "peer-group" && len(rest) == 0 {
		p.group = true
		return
	}
	switch {
	case slices.Contains(frrPerFamily, key):
		family := cmp.Or(r.family, "ipv4")
		if p.families[family] == nil {
			p.families[family] = map[string]frrWords{}
		}
		switch key {
		case "route-map", "prefix-list", "filter-list", "distribute-list":
			r.filter(p, family, key, st, rest)
			return
		case "advertise-map":
			if r.Scan == 0 {
				r.Scan = frrScan
			}
		}
		p.families[family][key] = frrWords{rest, r.at}
	case key == "timers" && len(rest) > 0 && rest[0] == "connect":
		p.settings["connect"] = frrWords{rest[1:], r.at}
	case key == "bfd" && len(rest) > 1 && rest[0] == "profile":
		p.settings["bfd profile"] = frrWords{rest[1:], r.at}
	case key == "bfd" && len(rest) > 0 && rest[0] == "check-control-plane-failure":
		p.settings["bfd"] = frrWords{[]string{}, r.at}
	case key == "interface" && isAddr(p.name): // the one that a link-local address is behind
		p.settings["behind"] = frrWords{rest, r.at}
	case key == "interface":
		if len(rest) > 0 && rest[0] == "v6only" {
			rest = rest[1:]
		}
		p.settings["interface"] = frrWords{[]string{}, r.at}
		if len(rest) > 1 {
			p.settings[rest[0]] = frrWords{rest[1:], r.at}
		}
	default:
		p.settings[key] = frrWords{rest, r.at}
	}
}

func isAddr(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// filter notes a policy of a neighbor, for one direction.
func (r *frrReader) filter(p *frrPeer, family, key string, st statement, rest []string) {
	if len(st.words) < 5 {
		return
	}
	direction := st.word(4)
	p.families[family][key+" "+direction] = frrWords{rest, r.at}
	if rest == nil {
		return
	}
	what := "so nothing is announced to " + p.name
	if direction == "in" {
		what = "so nothing is accepted from " + p.name
	}
	switch key {
	case "route-map":
		r.used = append(r.used, frrUse{"route-map", st.word(3), r.at, what})
	case "prefix-list":
		version, _, _ := strings.Cut(family, " ")
		if version == "ipv4" {
			version = "ip"
		}
		r.used = append(r.used, frrUse{"prefix-list", version + " " + st.word(3), r.at, what})
	}
}
