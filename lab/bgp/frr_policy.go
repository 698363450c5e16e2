package bgp

import (
	"fmt"
	"net/netip"
)

// policy returns the first that filters in the direction.
func (r *frrReader) policy(p *frrPeer, family, direction string) Said[string] {
	for _, kind := range []string{"route-map", "prefix-list", "filter-list", "distribute-list"} {
		if w := r.inFamily(p, family, kind+" "+direction); len(w.words) > 0 {
			return said(w.words[0], w.at)
		}
	}
	return Said[string]{}
}

// unexported says why nothing is announced to the neighbor.
func (r *frrReader) unexported(p *frrPeer, s *Session, f SessionFamily) Said[string] {
	external := !s.AS.Known || s.AS.Value != r.AS.Value
	if external && r.needsPolicy() && !f.Export.Known {
		return said("eBGP without a policy (RFC 8212): no route-map or filter \"out\", and no \"no bgp ebgp-requires-policy\"", s.At)
	}
	family := map[bool]string{false: "ipv4", true: "ipv6"}[f.V6]
	for _, kind := range []string{"route-map", "prefix-list"} {
		w := r.inFamily(p, family, kind+" out")
		if len(w.words) == 0 {
			continue
		}
		name := w.words[0]
		if kind == "prefix-list" {
			name = map[bool]string{false: "ip ", true: "ipv6 "}[f.V6] + name
		}
		if !r.isDefined(kind, name) {
			return said(fmt.Sprintf("its %s %s is not defined", kind, w.words[0]), w.at)
		}
	}
	return Said[string]{}
}

// needsPolicy: since FRR 7.4 eBGP needs policies, unless the profile is the data
// center's, or the file was written by a version before.
func (r *frrReader) needsPolicy() bool {
	old := r.version != [2]int{} && (r.version[0] < 7 || r.version[0] == 7 && r.version[1] < 4)
	return r.policies.or(byDefault(!r.modern && !old)).Value
}

// passes says whether the filters of the session let a prefix out. What else a
// route map asks for than prefixes isn't read.
func (r *frrReader) passes(p *frrPeer, family, direction string) func(netip.Prefix) Said[bool] {
	version := map[string]string{"ipv4": "ip ", "ipv6": "ipv6 "}[family]
	return func(prefix netip.Prefix) Said[bool] {
		result := byDefault(true)
		if w := r.inFamily(p, family, "prefix-list "+direction); len(w.words) > 0 {
			if result = said(permits(r.lists[version+w.words[0]], prefix), w.at); !result.Value {
				return result
			}
		}
		if w := r.inFamily(p, family, "route-map "+direction); len(w.words) > 0 {
			result = r.mapped(w.words[0], prefix, w.at)
		}
		for _, kind := range []string{"filter-list ", "distribute-list "} {
			if w := r.inFamily(p, family, kind+direction); len(w.words) > 0 && result.Value {
				return unread[bool](w.at)
			}
		}
		return result
	}
}

// mapped says whether a route map lets a prefix through.
func (r *frrReader) mapped(name string, prefix netip.Prefix, at Place) Said[bool] {
	return r.mappedOn(name, prefix, "", at)
}

// mappedOn is of a prefix that an interface has.
func (r *frrReader) mappedOn(name string, prefix netip.Prefix, dev string, at Place) Said[bool] {
	for _, e := range r.maps[name] {
		hit := true
		for _, m := range e.matches {
			st := statement{words: m}
			if dev != "" && st.starts("match", "interface") {
				hit = hit && st.word(2) == dev
				continue
			}
			if !st.starts("match") || st.word(2) != "address" || st.word(3) != "prefix-list" {
				return unread[bool](e.at)
			}
			sameFamily := (st.word(1) == "ipv6") == prefix.Addr().Is6()
			hit = hit && sameFamily && permits(r.lists[st.word(1)+" "+st.word(4)], prefix)
		}
		if hit {
			return said(e.permit, e.at)
		}
	}
	return said(false, at)
}

func permits(list []frrListEntry, p netip.Prefix) bool {
	for _, e := range list {
		if e.matches(p) {
			return e.permit
		}
	}
	return false
}

func (e frrListEntry) matches(p netip.Prefix) bool {
	if e.any {
		return true
	}
	if !e.prefix.IsValid() || e.prefix.Bits() > p.Bits() || !e.prefix.Contains(p.Addr()) {
		return false
	}
	if e.ge == 0 && e.le == 0 {
		return p.Bits() == e.prefix.Bits()
	}
	return p.Bits() >= max(e.ge, e.prefix.Bits()) && (e.le == 0 || p.Bits() <= e.le)
}
