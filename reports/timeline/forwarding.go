package timeline

import (
	"maps"
	"net/netip"
	"slices"

	"anylab/lab/record"
)

// forwarding is where each router sends packets for the anycast prefix, as
// far as the events up to a time have told.
type forwarding struct {
	read  record.Time
	nodes map[string]hops
}

// hops is what is known of one router. Both kinds of evidence are kept: a
// route event lists all next hops, but none is sent when an IPv4 next hop
// loses its carrier; a lookup tells of that, but shows one next hop only.
type hops struct {
	route []record.Hop
	asked map[int]string // flow -> the node that its forwarding lookup led to
}

// until returns what was known just before the time. The table itself stays as
// it is: whoever looks at it later sees the same.
func (f forwarding) until(history []record.Event, to record.Time, prefix netip.Prefix) forwarding {
	next := forwarding{max(f.read, to), maps.Clone(f.nodes)}
	if next.nodes == nil {
		next.nodes = map[string]hops{}
	}
	for _, e := range between(history, f.read, to) {
		if h, ok := next.learn(e, prefix); ok {
			next.nodes[e.Node] = h
		}
	}
	return next
}

// learn returns what the event tells of its node, together with what was known
// of it; ok is false if it tells nothing about the prefix.
func (f forwarding) learn(e record.Event, prefix netip.Prefix) (h hops, ok bool) {
	h = f.nodes[e.Node]
	switch d := e.Data.(type) {
	case record.Route:
		if ok = covers(prefix, d.Prefix.Addr()); ok {
			h.route = d.Hops
		}
	case record.Lookup:
		if ok = covers(prefix, d.Dst); ok {
			h.asked = maps.Clone(h.asked)
			if h.asked == nil {
				h.asked = map[int]string{}
			}
			h.asked[d.Flow] = d.Hop.Node
		}
	}
	return h, ok
}

// leadsTo says whether packets may go to the node.
func (h hops) leadsTo(node string) bool {
	return node != "" && (len(h.flowsTo(node)) > 0 || leads(h.route, node))
}

// flowsTo returns the flows whose lookup led to one of the nodes.
func (h hops) flowsTo(nodes ...string) map[int]bool {
	flows := map[int]bool{}
	for flow, to := range h.asked {
		if slices.Contains(nodes, to) {
			flows[flow] = true
		}
	}
	return flows
}

// leads says whether one of the next hops that are up is the node.
func leads(hops []record.Hop, node string) bool {
	return leadsToAny(hops, []string{node})
}

// leadsToAny says whether one of the next hops that are up is one of the nodes.
func leadsToAny(hops []record.Hop, nodes []string) bool {
	return slices.ContainsFunc(hops, func(h record.Hop) bool { return !h.Down && slices.Contains(nodes, h.Node) })
}

// works says whether there is a next hop that works, of the nodes if there are
// any.
func works(hops []record.Hop, nodes []string) bool {
	if len(nodes) > 0 {
		return leadsToAny(hops, nodes)
	}
	return slices.ContainsFunc(hops, func(h record.Hop) bool { return !h.Down && h.Node != "" })
}
