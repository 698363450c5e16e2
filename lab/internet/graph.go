// Package internet simulates BGP between the ASes of the Internet.
package internet

import (
	"fmt"
	"slices"
)

// Class is what a neighbor is to an AS: a route is preferred by it, and passed on.
type Class uint8

// The classes, in the order of preference (Gao and Rexford).
const (
	Customer Class = iota
	Peer
	Provider
	classes
)

// Link joins two ASes, by their numbers. B is to A what Class says.
type Link struct {
	A, B  uint32
	Class Class
}

// Graph is who is joined to whom. ASes and the ends of links are counted from 0;
// the ends at one AS lie side by side, by class and then by neighbor.
type Graph struct {
	ASN   []uint32 // of the ASes, rising, but for the sites behind them
	first []int32  // of each AS and class, the first of its ends; one more at the end
	far   []int32  // of each end, the AS at the other one
	back  []int32  // of each end, the other one
}

// NewGraph makes a graph of links; of several between the same ASes the first counts.
func NewGraph(links []Link) *Graph {
	links = distinct(links)
	asn := make([]uint32, 0, 2*len(links))
	for _, l := range links {
		asn = append(asn, l.A, l.B)
	}
	slices.Sort(asn)
	asn = slices.Clip(slices.Clone(slices.Compact(asn)))
	index := make(map[uint32]int32, len(asn))
	for i, n := range asn {
		index[n] = int32(i)
	}
	ends := make([]end, 0, 2*len(links))
	for _, l := range links {
		a, b := index[l.A], index[l.B]
		ends = append(ends, end{a, b, l.Class}, end{b, a, l.Class.seenBack()})
	}
	return newGraph(asn, ends)
}

// distinct leaves out links of an AS to itself, and all but the first of two ASes.
func distinct(links []Link) []Link {
	links = slices.DeleteFunc(slices.Clone(links), func(l Link) bool { return l.A == l.B })
	pairs := make([]uint64, len(links))
	for i, l := range links {
		pairs[i] = l.pair()
	}
	slices.Sort(pairs)
	if len(slices.Compact(pairs)) == len(links) {
		return links
	}
	seen := map[uint64]bool{}
	return slices.DeleteFunc(links, func(l Link) bool {
		known := seen[l.pair()]
		seen[l.pair()] = true
		return known
	})
}

func (l Link) pair() uint64 { return uint64(min(l.A, l.B))<<32 | uint64(max(l.A, l.B)) }

// seenBack is what an AS is to its neighbor of the class.
func (c Class) seenBack() Class {
	switch c {
	case Customer:
		return Provider
	case Provider:
		return Customer
	}
	return c
}

// end is a link as one of its ASes sees it.
type end struct {
	at, far int32
	class   Class
}

// newGraph lays the ends out. Two ASes that are each other's customers have no
// policy: both pass everything on, and prefer neither.
func newGraph(asn []uint32, ends []end) *Graph {
	g := &Graph{ASN: asn, first: make([]int32, len(asn)*int(classes)+1), far: make([]int32, len(ends)), back: make([]int32, len(ends))}
	for _, e := range ends {
		g.first[int(e.at)*int(classes)+int(e.class)+1]++
	}
	for i := range g.first[1:] {
		g.first[i+1] += g.first[i]
	}
	next := slices.Clone(g.first)
	for _, e := range ends {
		at := &next[int(e.at)*int(classes)+int(e.class)]
		g.far[*at] = e.far
		*at++
	}
	for i := range g.first[1:] {
		slices.Sort(g.far[g.first[i]:g.first[i+1]])
	}
	for as := range int32(len(asn)) {
		for e, to := g.ends(as); e < to; e++ {
			g.back[e] = g.find(g.far[e], as)
		}
	}
	return g
}

// Len is how many ASes there are.
func (g *Graph) Len() int { return len(g.ASN) }

// Links is how many links there are.
func (g *Graph) Links() int { return len(g.far) / 2 }

// ends returns the bounds of the ends at an AS.
func (g *Graph) ends(as int32) (from, to int32) {
	return g.first[as*int32(classes)], g.first[(as+1)*int32(classes)]
}

// of returns the bounds of the ends at an AS whose neighbors are of the class.
func (g *Graph) of(as int32, c Class) (from, to int32) {
	at := as*int32(classes) + int32(c)
	return g.first[at], g.first[at+1]
}

// class is what the neighbor at the end, one of the AS's, is to it.
func (g *Graph) class(as, end int32) Class {
	at := as * int32(classes)
	switch {
	case end < g.first[at+1]:
		return Customer
	case end < g.first[at+2]:
		return Peer
	}
	return Provider
}

// find returns the end at one AS that leads to another; -1 if none does.
func (g *Graph) find(as, to int32) int32 {
	for c := range classes {
		from, end := g.of(as, c)
		if i, ok := slices.BinarySearch(g.far[from:end], to); ok {
			return from + int32(i)
		}
	}
	return -1
}

// AS returns the AS of a number; ok is false if there is none.
func (g *Graph) AS(asn uint32) (as int32, ok bool) {
	i := slices.Index(g.ASN, asn)
	return int32(i), i >= 0
}

// Site is somebody who announces the prefix, a customer of some ASes.
type Site struct {
	Name  string
	Under []uint32
}

// firstSite numbers the sites, by private ones (RFC 6996).
const firstSite uint32 = 4200100000

// WithSites returns a graph that has the sites as well, behind its ASes.
func (g *Graph) WithSites(sites []Site) (*Graph, error) {
	asn := slices.Clone(g.ASN)
	ends := make([]end, 0, len(g.far)+8*len(sites))
	for as := range int32(g.Len()) {
		for e, to := g.ends(as); e < to; e++ {
			ends = append(ends, end{as, g.far[e], g.class(as, e)})
		}
	}
	for i, s := range sites {
		site := int32(g.Len() + i)
		asn = append(asn, firstSite+uint32(i))
		for _, number := range s.Under {
			as, ok := g.AS(number)
			if !ok {
				return nil, fmt.Errorf("attach site %s to AS%d: there is no such AS", s.Name, number)
			}
			ends = append(ends, end{site, as, Provider}, end{as, site, Customer})
		}
	}
	return newGraph(asn, ends), nil
}
