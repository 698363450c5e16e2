package timeline

import (
	"net/netip"

	"anylab/lab/record"
)

// index finds what a trial asks of all that was before it without reading that again: a
// run may have thousands of trials.
type index struct {
	routes   map[entry][]record.Event     // of a node's kernel
	messages map[[2]string][]record.Event // of BGP, by which one node learned of routes from another, or forgot them
}

// entry is a place in a node's table of routes.
type entry struct {
	node string
	to   netip.Prefix
}

func newIndex() index {
	return index{map[entry][]record.Event{}, map[[2]string][]record.Event{}}
}

func (x index) add(e record.Event) {
	switch d := e.Data.(type) {
	case record.Route:
		at := entry{e.Node, d.Prefix}
		x.routes[at] = append(x.routes[at], e)
	case record.BGP:
		if told := [2]string{d.From, d.To}; len(d.Announce)+len(d.Withdraw) > 0 || d.Ends() {
			x.messages[told] = append(x.messages[told], e)
		}
		if back := [2]string{d.To, d.From}; d.Ends() {
			x.messages[back] = append(x.messages[back], e)
		}
	}
}

// past is what happened in a trial's lab, from its beginning up to a time.
type past struct {
	index
	lab, until record.Time
}

// upTo is the part before a time.
func (p past) upTo(t record.Time) past { p.until = min(p.until, t); return p }

// routed lists what became of each entry of a table that is asked for.
func (p past) routed(want func(entry) bool) map[entry][]record.Event {
	found := map[entry][]record.Event{}
	for at, events := range p.routes {
		if !want(at) {
			continue
		}
		if part := between(events, p.lab, p.until); len(part) > 0 {
			found[at] = part
		}
	}
	return found
}

// told lists what a node told another of routes, and the ends of their sessions.
func (p past) told(from, to string) []record.Event {
	return between(p.messages[[2]string{from, to}], p.lab, p.until)
}
