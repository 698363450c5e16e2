package timeline

import (
	"slices"

	"anylab/lab/record"
)

// together says whether all flows are known to share one path: one node
// answered them all, and no router spreads flows over several next hops, as far
// as the kernels' routes were seen. Where they were not, the configuration
// decides; one of the user's own may spread them, so that is not known. A known
// silence cuts the client's own link, which all of them share.
func (v *view) together() bool {
	if !v.oneNode || len(v.x.Topology.Nodes) == 0 {
		return false
	}
	if v.course == nil { // of a known silence
		return true
	}
	if v.x.Resolves(v.group.Service) {
		return false
	}
	if v.course.way.seen {
		return !v.course.way.spreads
	}
	spreads := func(n record.Node) bool { return n.Multipath || n.Config != nil }
	return !slices.ContainsFunc(v.x.Topology.Nodes, spreads)
}

// judge notes whether a route was seen of every router that requests may have
// passed, and whether any router on a way, there or back, had several next hops
// when the first fault was injected, or since.
func (w *way) judge(passed []string, lab past) {
	client, known := scene{topology: w.topology, client: w.client, prefix: w.prefix}.address()
	there := func(at entry) bool { return slices.Contains(passed, at.node) && covers(w.prefix, at.to.Addr()) }
	back := func(at entry) bool { return known && at.to.Contains(client) }
	spreads := func(e record.Event) bool { d, _ := e.Data.(record.Route); return several(d.Hops) }
	leads := func(e record.Event) bool { d, _ := e.Data.(record.Route); return len(d.Hops) > 0 }
	seen := map[string]bool{}
	for at, events := range lab.routed(func(at entry) bool { return there(at) || back(at) }) {
		seen[at.node] = seen[at.node] || there(at) && slices.ContainsFunc(events, leads)
		before := max(0, preceding(events, w.start.read)-1)
		w.spreads = w.spreads || slices.ContainsFunc(events[before:], spreads)
	}
	first := w.walk(func(n string) []string { return w.start.nodes[n].next() })
	w.seen = !slices.ContainsFunc(passed[1:], func(n string) bool {
		node, _ := w.topology.Node(n)
		early := !slices.Contains(first, n) || len(w.start.nodes[n].route) > 0
		return node.Role == record.RouterNode && (!seen[n] || !early)
	})
}

// several says whether more than one of the next hops is up.
func several(hops []record.Hop) bool {
	return len(without(hops, func(h record.Hop) bool { return h.Down })) > 1
}
