package timeline

import (
	"fmt"
	"net/netip"

	"anylab/lab/record"
)

// returned says when the way back from who serves to the client was there, if it
// came about after the change: the last route to the client's network that a
// node on it got, or changed, before users were served.
func (s scene) returned(events []record.Event, served string, restored record.Time) *Stage {
	client, ok := s.address()
	if !ok || served == "" || restored == 0 {
		return nil
	}
	var changes []record.Event
	for _, e := range events {
		if s.leadsBack(e, client) && e.At <= restored {
			changes = append(changes, e)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	var last *Stage
	back := s.wayBack(served, client, changes[len(changes)-1].At+1)
	before := s.wayBack(served, client, changes[0].At)
	for _, e := range changes {
		d := e.Data.(record.Route)
		next, passes := back[e.Node]
		if passes && leads(d.Hops, next) && (before[e.Node] != next || s.unplugged(e, next)) {
			last = &Stage{At: e.At, Source: source(e), Kind: e.Kind, Evidence: fmt.Sprintf("%s: route of %s leads %s", e.Node, d.Prefix, to(d.Hops))}
		}
	}
	return last
}

// address returns the client's own, of the prefix's family.
func (s scene) address() (netip.Addr, bool) {
	for l := range s.topology.LinksOf(s.client) {
		p := l.Near(s.client).IPv4
		if s.prefix.IsValid() && s.prefix.Addr().Is6() {
			p = l.Near(s.client).IPv6
		}
		return p.Addr(), p.IsValid()
	}
	return netip.Addr{}, false
}

// leadsBack says whether the event is about a route to the client.
func (s scene) leadsBack(e record.Event, client netip.Addr) bool {
	d, ok := e.Data.(record.Route)
	return ok && d.Prefix.Contains(client)
}

// unplugged says whether the node of a route had lost its link to the next hop since
// it was last told of that route. The kernel takes the routes of an interface that is
// set down without a word.
func (s scene) unplugged(route record.Event, next string) bool {
	gone, prefix := false, route.Data.(record.Route).Prefix
	for _, e := range between(s.history, 0, route.At) {
		if e.Node != route.Node {
			continue
		}
		switch d := e.Data.(type) {
		case record.Route:
			gone = gone && d.Prefix != prefix
		case record.Carrier:
			gone = gone || d.Peer == next && !d.Up
		}
	}
	return gone
}

// wayBack returns the next hop of every node on the way from one to the client,
// as it was just before the time.
func (s scene) wayBack(from string, client netip.Addr, before record.Time) map[string]string {
	routes := map[string]map[netip.Prefix][]record.Hop{}
	for at, events := range s.past.upTo(before).routed(func(at entry) bool { return at.to.Contains(client) }) {
		if routes[at.node] == nil {
			routes[at.node] = map[netip.Prefix][]record.Hop{}
		}
		d, _ := events[len(events)-1].Data.(record.Route)
		routes[at.node][at.to] = d.Hops
	}
	way := map[string]string{}
	for n := from; n != ""; n = way[n] {
		if _, seen := way[n]; seen {
			break
		}
		way[n] = longestMatch(routes[n])
	}
	return way
}

// longestMatch returns the next hop of the most specific route that works.
func longestMatch(routes map[netip.Prefix][]record.Hop) string {
	best, bits := "", -1
	for p, hops := range routes {
		for _, h := range hops {
			if !h.Down && h.Node != "" && p.Bits() > bits {
				best, bits = h.Node, p.Bits()
			}
		}
	}
	return best
}
