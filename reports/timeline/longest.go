package timeline

import (
	"net/netip"
	"slices"

	"anylab/lab/record"
)

// byLongestMatch makes the trial's history tell where packets to the prefix go where
// sites announce less specific ones too.
func (t *trial) byLongestMatch(x record.Experiment) {
	if !slices.ContainsFunc(x.Services, func(s record.Service) bool { return len(s.Global) > 0 }) {
		return
	}
	t.history, t.found = byLongestMatch(t.history, t.lab, prefix(x.Topology)), newIndex()
	for _, e := range t.history {
		t.found.add(e)
	}
}

// byLongestMatch makes the routes of a lab tell where packets to the prefix go: what
// has lost the route for it forwards by the next longest.
func byLongestMatch(events []record.Event, lab record.Time, p netip.Prefix) []record.Event {
	events = slices.Clone(events)
	nodes := map[string]map[netip.Prefix]record.Route{}
	for i := preceding(events, lab); i < len(events); i++ {
		d, ok := events[i].Data.(record.Route)
		if !ok || !d.Prefix.IsValid() || d.Prefix.Bits() > p.Bits() || !d.Prefix.Contains(p.Addr()) {
			continue
		}
		routes := nodes[events[i].Node]
		if routes == nil {
			routes = map[netip.Prefix]record.Route{}
			nodes[events[i].Node] = routes
		}
		if routes[d.Prefix] = d; d.Deleted {
			delete(routes, d.Prefix)
		}
		events[i].Data = longest(routes, p)
	}
	return events
}

// longest is the route by which the prefix is reached.
func longest(routes map[netip.Prefix]record.Route, p netip.Prefix) record.Route {
	best, bits := record.Route{Prefix: p, Deleted: true}, -1
	for _, r := range routes {
		if r.Prefix.Bits() > bits {
			best, bits = record.Route{Prefix: p, Hops: r.Hops}, r.Prefix.Bits()
		}
	}
	return best
}
