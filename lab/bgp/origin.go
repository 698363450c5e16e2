package bgp

import (
	"maps"
	"net/netip"
	"slices"
)

// originated is what a daemon announces, for daemons that are told all of it
// at every change.
type originated struct {
	asn    uint32
	routes map[netip.Prefix]Attributes
}

func originatedBy(c Config) originated {
	o := originated{c.ASN, make(map[netip.Prefix]Attributes)}
	for _, p := range c.Originate {
		o.routes[p] = c.Attributes[p]
	}
	return o
}

// with returns a copy in which the prefixes are announced with the attributes.
func (o originated) with(a Attributes, prefixes []netip.Prefix) originated {
	o.routes = maps.Clone(o.routes)
	for _, p := range prefixes {
		o.routes[p] = a
	}
	return o
}

// without returns a copy in which the prefixes are not announced.
func (o originated) without(prefixes []netip.Prefix) originated {
	o.routes = maps.Clone(o.routes)
	for _, p := range prefixes {
		delete(o.routes, p)
	}
	return o
}

// origin is one announced route, as templates read it.
type origin struct {
	Prefix     netip.Prefix
	Attributes Attributes
	asn        uint32
}

// Prepends lists what is to be put in front of the AS_PATH.
func (o origin) Prepends() []uint32 {
	return slices.Repeat([]uint32{o.asn}, o.Attributes.Prepend)
}

// Communities lists the communities by their halves.
func (o origin) Communities() [][2]uint32 { return halves(o.Attributes.Communities) }

// halves splits communities as RFC 1997 writes them.
func halves(communities []uint32) [][2]uint32 {
	var list [][2]uint32
	for _, c := range communities {
		list = append(list, [2]uint32{c >> 16, c & 0xffff})
	}
	return list
}

// origins are the announced routes of an address family.
type origins struct {
	V6     bool
	Routes []origin
}

// byFamily lists the routes of IPv4 and those of IPv6, sorted.
func (o originated) byFamily() []origins {
	list := []origins{{V6: false}, {V6: true}}
	for _, p := range slices.SortedFunc(maps.Keys(o.routes), netip.Prefix.Compare) {
		of := &list[0]
		if p.Addr().Is6() {
			of = &list[1]
		}
		of.Routes = append(of.Routes, origin{p, o.routes[p], o.asn})
	}
	return list
}
