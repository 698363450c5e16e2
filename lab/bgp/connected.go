package bgp

import (
	"fmt"
	"net/netip"
	"slices"

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
