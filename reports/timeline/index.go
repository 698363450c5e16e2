package timeline

import (
	"net/netip"

	"anylab/lab/record"
)

// index finds what a trial asks of all that was before it without reading that again: a
// run may have thousands of trials.
type index struct {
	routes   map[entry][]record.Event     // of a node's kernel
	messages map[[2]string][]record.Event // of BGP, between two nodes in the order of their names
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
		ends := pair(d.From, d.To)
		x.messages[ends] = append(x.messages[ends], e)
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

// told lists the messages between two nodes.
func (p past) told(a, b string) []record.Event {
	return between(p.messages[pair(a, b)], p.lab, p.until)
}
