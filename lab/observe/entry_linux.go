package observe

import (
	"slices"

	"anylab/lab/record"
)

// entry holds the routes for one prefix and what was last recorded of it.
type entry struct {
	routes map[routeKey]route
	last   record.Route
}

// remove takes away the next hops that a delete message names: for IPv6 it may
// be some of several.
func (e *entry) remove(r route) {
	was, ok := e.routes[r.key]
	if !ok {
		return
	}
	was.hops = slices.DeleteFunc(slices.Clone(was.hops), func(h hop) bool {
		return slices.ContainsFunc(r.hops, func(g hop) bool { return g.via == h.via && g.index == h.index })
	})
	if len(was.hops) == 0 || len(r.hops) == 0 {
		delete(e.routes, r.key)
		return
	}
	e.routes[r.key] = was
}

// forwarding returns the only route for the prefix, or none; ok is false if
// there are several: which of them forwards is the kernel's choice, and IPv4
// routes that died with their interface may be among them.
func (e *entry) forwarding() (best *route, ok bool) {
	for _, r := range e.routes {
		if best != nil {
			return nil, false
		}
		best = &r
	}
	return best, true
}

func (e *entry) usesObject() bool {
	for _, r := range e.routes {
		if r.object != 0 {
			return true
		}
	}
	return false
}
