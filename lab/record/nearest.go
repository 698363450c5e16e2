package record

import (
	"slices"
	"time"
)

// Distances returns the least round trip, by the links' delays alone, from the client
// to each anycast node that routers lead to. Who is served where is BGP's to choose.
func (t Topology) Distances(client string) map[string]time.Duration {
	least := map[string]time.Duration{client: 0}
	next := []string{client}
	for len(next) > 0 {
		node := next[0]
		next = next[1:]
		if n, _ := t.Node(node); node != client && n.Role != RouterNode {
			continue // forwards nothing
		}
		for l := range t.LinksOf(node) {
			near, far := l.Near(node), l.Far(node)
			trip := least[node] + near.Delay + far.Delay
			if known, ok := least[far.Node]; !ok || trip < known {
				least[far.Node] = trip
				next = append(next, far.Node)
			}
		}
	}
	sites := map[string]time.Duration{}
	for _, site := range t.Of(AnycastNode) {
		if trip, ok := least[site]; ok {
			sites[site] = trip
		}
	}
	return sites
}

// Nearest returns the anycast nodes that are nearest to the client, in the topology's
// order.
func (t Topology) Nearest(client string) []string {
	trips := t.Distances(client)
	var nearest []string
	for _, site := range t.Of(AnycastNode) {
		trip, ok := trips[site]
		switch {
		case !ok || len(nearest) > 0 && trip > trips[nearest[0]]:
		case len(nearest) == 0 || trip < trips[nearest[0]]:
			nearest = []string{site}
		default:
			nearest = append(nearest, site)
		}
	}
	return slices.Clip(nearest)
}
