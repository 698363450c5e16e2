package bgp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"anylab/topologies"
)

// connection is where a file announces what interfaces have, without naming it.
type connection struct {
	At     Place
	V6     bool
	Policy string // the name of what it goes through; empty: it has none
	// Lets says whether a prefix that the interface has is let in.
	Lets func(p netip.Prefix, dev string) Said[bool]
}

// connects says whether the file announces a prefix because the interface has
// it, and where. It is not known if that can't be told.
func (r *Reading) connects(p netip.Prefix, dev string) Said[bool] {
	found := byDefault(false)
	for _, c := range r.Connected {
		if c.V6 != p.Addr().Is6() {
			continue
		}
		switch lets := c.Lets(p, dev); {
		case !lets.Known:
			found = unread[bool](c.At)
		case lets.Value:
			return said(true, c.At)
		}
	}
	return found
}

// names says whether the file announces the prefix by name.
func (r *Reading) names(p netip.Prefix) bool {
	return slices.ContainsFunc(r.Originated, func(q Said[netip.Prefix]) bool { return q.Value == p })
}

// announces says whether the file announces the prefix while the interface has it,
// and where. It is not known if that can't be told.
func (r *Reading) announces(p netip.Prefix, dev string) Said[bool] {
	for _, q := range slices.Concat(r.Originated, r.Fixed) {
		if q.Value == p {
			return said(true, q.At)
		}
	}
	by := r.connects(p, dev)
	if !by.Known || by.Value {
		return by
	}
	for _, s := range r.Sources {
		if !r.decides(s) && !ofOtherFamily(s, p) {
			return unread[bool](s.At)
		}
	}
	return byDefault(false)
}

// decides says whether connects answers for all that the source has.
func (r *Reading) decides(s Said[string]) bool {
	return slices.ContainsFunc(r.Connected, func(c connection) bool { return c.At == s.At })
}

func ofOtherFamily(s Said[string], p netip.Prefix) bool {
	other := " IPv6"
	if p.Addr().Is6() {
		other = " IPv4"
	}
	return s.Known && strings.HasSuffix(s.Value, other)
}

// Ways says how the site's anycast addresses are announced and withdrawn, where
// its own file leaves that to the interface that has them.
func Ways(t topologies.Topology, node string) []string {
	f, ok := fitOf(t, node)
	if n, _ := t.Node(node); !ok || n.Role != topologies.Anycast {
		return nil
	}
	var list []string
	for _, p := range t.Anycast {
		by := f.connects(p, f.c.AnycastDev)
		switch line := fmt.Sprintf("%s is announced and withdrawn by the address on %s", p, f.c.AnycastDev); {
		case !by.Known:
			list = append(list, fmt.Sprintf("%s: whether %s redistributes it can't be told", line, by.At))
		case by.Value && f.names(p):
			list = append(list, fmt.Sprintf("%s, which %s redistributes, and by name", line, by.At))
		case by.Value:
			list = append(list, fmt.Sprintf("%s, which %s redistributes", line, by.At))
		}
	}
	return list
}

// irrevocable are anycast prefixes that a static route goes on announcing when
// the address is off its interface.
func (f fit) irrevocable(anycast []netip.Prefix) []Remark {
	var list []Remark
	for _, p := range anycast {
		i := slices.IndexFunc(f.Fixed, func(q Said[netip.Prefix]) bool { return q.Value == p })
		by := f.connects(p, f.c.AnycastDev)
		if i >= 0 && by.Value {
			list = append(list, Remark{f.Fixed[i].At, fmt.Sprintf("%s can't be withdrawn: once the address is off %s, which %s redistributes, this static route is announced in its place", p, f.c.AnycastDev, by.At)})
		}
	}
	return list
}

// partial are anycast prefixes that the file does not announce, while it does
// another one: what is told to the daemon hides that here.
func (f fit) partial(anycast []netip.Prefix) []Remark {
	if len(f.other(anycast)) > 0 {
		return nil // it says so
	}
	var list []Remark
	for _, lacked := range anycast {
		if by := f.announces(lacked, f.c.AnycastDev); !by.Known || by.Value {
			continue
		}
		for _, p := range anycast {
			if by := f.announces(p, f.c.AnycastDev); by.Value {
				list = append(list, Remark{by.At, fmt.Sprintf("%s announces %s, but no %s: in the lab anylab announces it (if the daemon can be told), in production nobody does", f.c.Node, p, lacked)})
			}
		}
	}
	return list
}
