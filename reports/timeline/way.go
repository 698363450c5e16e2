package timeline

import (
	"maps"
	"net/netip"
	"slices"

	"anylab/lab/record"
)

// way is what the kernels' routes tell of how a client's requests went during
// a trial.
type way struct {
	topology record.Topology
	client   string
	prefix   netip.Prefix
	start    forwarding     // when the trial's first fault was injected
	history  []record.Event // of the trial, and before
	changes  []record.Event // of routers that requests may have gone through
	seen     bool           // a route was seen of each of these
	spreads  bool           // some router had several next hops, on the way or back
}

// newWay finds the routers that the client's requests may have gone through
// since the moment that start is of, and when they changed their mind.
func newWay(x record.Topology, client string, p netip.Prefix, start forwarding, history []record.Event, lab past) *way {
	w := &way{topology: x, client: client, prefix: p, start: start, history: history}
	next := map[string][]string{}
	for name, h := range start.nodes {
		next[name] = h.next()
	}
	var changes []record.Event
	seen := forwarding{nodes: maps.Clone(start.nodes)}
	for _, e := range between(history, start.read, lab.until) {
		h, ok := seen.learn(e, p)
		if !ok {
			continue
		}
		if !h.same(seen.nodes[e.Node]) {
			next[e.Node] = append(next[e.Node], h.next()...)
			changes = append(changes, e)
		}
		seen.nodes[e.Node] = h
	}
	passed := w.walk(func(n string) []string { return next[n] })
	w.judge(passed, lab)
	w.changes = slices.DeleteFunc(changes, func(e record.Event) bool { return !slices.Contains(passed, e.Node) })
	return w
}

// walk returns the nodes that are reached from the client, it included, going
// on from each node to the next ones. Where an anycast node is reached, that is
// the end.
func (w *way) walk(next func(node string) []string) []string {
	reached := []string{w.client}
	for l := range w.topology.LinksOf(w.client) {
		reached = append(reached, l.Far(w.client).Node)
	}
	for i := 1; i < len(reached); i++ {
		if n, _ := w.topology.Node(reached[i]); n.Role == record.AnycastNode {
			continue
		}
		for _, to := range next(reached[i]) {
			if !slices.Contains(reached, to) {
				reached = append(reached, to)
			}
		}
	}
	return reached
}

// sites returns those to which requests that were sent at the time are known to have
// been forwarded, by a way without any of the places; none if that is not known.
func (w *way) sites(at record.Time, without [][]string) []string {
	state := w.start.until(w.history, at, w.prefix)
	var sites []string
	whole := true
	reached := w.walk(func(n string) []string {
		next := state.nodes[n].next()
		whole = whole && len(next) > 0 && !slices.Contains(next, "")
		return next
	})
	for _, n := range reached {
		node, known := w.topology.Node(n)
		if node.Role == record.AnycastNode {
			sites = append(sites, n)
		}
		whole = whole && known
	}
	for _, place := range without {
		passes := !slices.ContainsFunc(place, func(n string) bool { return !slices.Contains(reached, n) })
		whole = whole && (!passes || len(place) == 0)
	}
	if !whole {
		return nil
	}
	return sites
}

// next returns where the router forwards to, as far as is known: the nodes,
// and the empty name for nowhere. Of a route that leads onto a shared segment only the
// lookup tells whom it leads to.
func (h hops) next() []string {
	var list []string
	for _, hop := range h.route {
		if !hop.Down && (hop.Node != "" || len(h.asked) == 0) {
			list = append(list, hop.Node)
		}
	}
	for _, node := range h.asked {
		list = append(list, node)
	}
	return list
}

// same says whether the packets of every flow go the same way.
func (h hops) same(other hops) bool {
	to := func(a, b record.Hop) bool { return a.Node == b.Node && a.Down == b.Down }
	return maps.Equal(h.asked, other.asked) && slices.EqualFunc(h.route, other.route, to)
}
