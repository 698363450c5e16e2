package timeline

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
)

// scene is where stages are looked for.
type scene struct {
	node     string // the failed one
	topology record.Topology
	client   string       // whose outcome decides
	prefix   netip.Prefix // that it asks
	fib      forwarding   // of the prefix
	carriers carriers     // of the prefix
	history  []record.Event
	past     past
}

// prefix returns what the probes' answers depend on: the first of the anycast
// prefixes, or the zero prefix, which matches all.
func prefix(t record.Topology) netip.Prefix {
	if len(t.Anycast) == 0 {
		return netip.Prefix{}
	}
	return t.Anycast[0].Masked()
}

// routers returns the nodes that forward to the failed one, by name.
func (s scene) routers() []string {
	var list []string
	for name, h := range s.fib.nodes {
		if name != s.node && h.leadsTo(s.node) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// broken returns what the events after a fault show, in causal order.
func (s scene) broken(events []record.Event, turns []turn) []Stage {
	var list []Stage
	says := s.told
	if slices.ContainsFunc(events, s.seenFromAfar) {
		says = s.lost // the same moment, seen at both ends
	}
	known := s.detected(events, turns, s.heard(events, s.unspoken(events, says)))
	var first, last, passed, offer *Stage
	messages := false
	for _, t := range turns {
		r := t.news[1]
		told, heard := s.withdrawn(events, r)
		messages = messages || told != nil || find(events, func(e record.Event) string { return s.announces(e, r) }) != nil
		knew := find(events, func(e record.Event) string { return s.sees(e, r) })
		passed = later(passed, s.passedOn(events, t))
		announced, shown := s.offered(events, t)
		offer, passed = later(offer, announced), later(passed, shown)
		if told == nil || knew != nil && knew.At <= told.At || s.leftLongBefore(events, t, told.At) {
			continue // it needed no message
		}
		first = earlier(first, told)
		last = later(last, heard)
	}
	if acted := s.acted(events, near(turns)); !messages && acted != nil && (known == nil || acted.At.Add(unread) < known.At) {
		known = acted
	}
	add(&list, Detect, known)
	add(&list, Withdraw, first)
	add(&list, Receive, last)
	s.spread(&list, last, passed, offer)
	add(&list, Install, s.installed(events, turns))
	return list
}

// withdrawn returns when the node took its route back from the router, and when that had
// heard of it. What the master of a VRRP says without a link is heard by nobody.
func (s scene) withdrawn(events []record.Event, router string) (told, heard *Stage) {
	told = find(events, func(e record.Event) string { return s.takesBack(e, router) })
	heard = find(events, func(e record.Event) string { return s.received(e, router, s.takesBack(e, router)) })
	if told != nil && told.Kind == record.KindVRRP && heard == nil {
		return nil, nil
	}
	return told, heard
}

// spread adds how the news came on from the first router, and the announcement
// of who takes over. Nobody waited for one that had come by then.
func (s scene) spread(list *[]Stage, received, passed, offer *Stage) {
	if passed != nil && received != nil && passed.At < received.At {
		passed = nil
	}
	first := passed != nil && (offer == nil || passed.At < offer.At)
	if first {
		add(list, Propagate, passed)
	}
	if n := len(*list); offer != nil && (n == 0 || offer.At > (*list)[n-1].At) {
		add(list, Announce, offer)
	}
	if !first {
		add(list, Propagate, passed)
	}
}

// detected returns when somebody first knew: on the way of the client's packets,
// or if nothing was seen there, anywhere.
func (s scene) detected(events []record.Event, turns []turn, says func(record.Event) string) *Stage {
	routers := near(turns)
	there := find(events, func(e record.Event) string {
		if peer := s.peer(e); peer != "" && !slices.Contains(routers, peer) {
			return ""
		}
		return says(e)
	})
	if there != nil {
		return there
	}
	return find(events, says)
}

// peer returns whom the event is about beside the node; empty if nobody.
func (s scene) peer(e record.Event) string {
	var ends []string
	switch d := e.Data.(type) {
	case record.Carrier:
		ends = []string{e.Node, d.Peer}
	case record.BFD:
		ends = []string{d.From, d.To}
	case record.BGP:
		ends = []string{d.From, d.To}
	}
	ends = without(ends, func(n string) bool { return n == s.node || n == "" })
	return first(ends)
}

// acted returns when the first of the routers, told by nobody, did something
// that shows that it knew: it told others of another path, or forwarded
// elsewhere; or when another member of a VRRP took the address, before which no
// router could. A hold timer that runs out leaves no other trace: TCP holds the
// NOTIFICATION back behind what the dead peer has not acknowledged.
func (s scene) acted(events []record.Event, routers []string) *Stage {
	var first *Stage
	for _, member := range s.members() {
		first = earlier(first, s.takeover(events, member))
	}
	if first != nil {
		return first
	}
	first = find(events, func(e record.Event) string {
		d, ok := e.Data.(record.BGP)
		if !ok || !d.Out || d.To == s.node || !slices.Contains(routers, d.From) ||
			!slices.ContainsFunc(slices.Concat(d.Announce, d.Withdraw), s.covers) {
			return ""
		}
		return fmt.Sprintf("%s to %s: %s", d.From, d.To, message(d))
	})
	for _, r := range routers {
		first = earlier(first, s.turned(events, turn{router: r, away: []string{s.node}}))
	}
	return first
}

// members are those of the failed node's VRRP beside it.
func (s scene) members() []string {
	var list []string
	for l := range s.topology.LinksOf(s.node) {
		if far := l.Far(s.node); l.VRRP != nil && far.Priority > 0 {
			list = append(list, far.Node)
		}
	}
	return list
}

// takeover returns when the member of a VRRP took the address, or said so.
func (s scene) takeover(events []record.Event, member string) *Stage {
	return find(events, func(e record.Event) string {
		if s.takesOver(e, member) {
			return Says(e)
		}
		return ""
	})
}

// heard is what says, but for an address that the failed node gives away when it has
// lost its link, or without anybody's hearing of it.
func (s scene) heard(events []record.Event, says func(record.Event) string) func(record.Event) string {
	cut := find(events, func(e record.Event) string {
		if d, ok := e.Data.(record.Carrier); ok && e.Node == s.node && d.Peer != "" && !d.Up {
			return Says(e)
		}
		return ""
	})
	told, _ := s.withdrawn(events, "")
	return func(e record.Event) string {
		if e.Kind == record.KindAddress && cut != nil && cut.At <= e.At.Add(unread) || e.Kind == record.KindVRRP && told == nil {
			return ""
		}
		return says(e)
	}
}

// mended returns what the events after healing show, in causal order.
func (s scene) mended(events []record.Event, turns []turn) []Stage {
	var list []Stage
	add(&list, Detect, s.detected(events, turns, s.back))
	var first, last, passed *Stage
	for _, t := range turns {
		r := t.news[1]
		first = earlier(first, find(events, func(e record.Event) string { return s.announces(e, r) }))
		last = later(last, find(events, func(e record.Event) string { return s.received(e, r, s.announces(e, r)) }))
		passed = later(passed, s.passedOn(events, t))
	}
	add(&list, Announce, first)
	add(&list, Receive, last)
	if passed != nil && (last == nil || passed.At >= last.At) {
		add(&list, Propagate, passed)
	}
	add(&list, Install, s.installed(events, without(turns, func(t turn) bool { return t.onto == nil })))
	return list
}

// unread bounds how long a route may have been changed by a message that was
// seen later: what is captured is read in batches.
const unread = 10 * time.Millisecond

// leftLongBefore says whether the router had stopped forwarding to the node
// well before the moment: a drained site takes its route back when nobody uses
// it any more.
func (s scene) leftLongBefore(events []record.Event, t turn, at record.Time) bool {
	left := s.turned(events, t)
	return left != nil && left.At.Add(unread) < at
}

// installed returns when the last of the routers forwarded as it had to.
func (s scene) installed(events []record.Event, turns []turn) *Stage {
	var last *Stage
	for _, t := range turns {
		last = later(last, s.turned(events, t))
	}
	return last
}

// turned returns when the router forwarded as it had to, and went on doing so
// until users were served.
// To have taken the route away, as some daemons do first, serves nobody, nor
// does a way that it tries in between.
func (s scene) turned(events []record.Event, t turn) *Stage {
	there := s.fib.nodes[t.router].flowsTo(t.away...)
	var since *Stage
	for _, e := range events {
		hops, kind := s.hops(e, t.router)
		right := works(hops, t.onto) && !leadsToAny(hops, t.away)
		switch {
		case kind == "":
		case kind == "route" && !right && e.At < t.by:
			since = nil
		case since == nil && right && (kind == "route" || len(t.away) == 0 || lastToLeave(there, e)):
			since = &Stage{At: e.At, Source: source(e), Kind: e.Kind,
				Evidence: fmt.Sprintf("%s: %s of %s leads %s", t.router, kind, s.prefix, to(hops))}
		}
	}
	return since
}

// lastToLeave says whether with this lookup the last of the flows left that led
// there. A lookup of another flow tells nothing: it may have led elsewhere all
// along.
func lastToLeave(there map[int]bool, e record.Event) bool {
	d, _ := e.Data.(record.Lookup)
	if !there[d.Flow] {
		return false
	}
	delete(there, d.Flow)
	return len(there) == 0
}

// hops returns where the router forwards the prefix to according to the
// event, and what kind of evidence that is; empty if it is none.
func (s scene) hops(e record.Event, router string) (hops []record.Hop, kind string) {
	if e.Node != router {
		return nil, ""
	}
	switch d := e.Data.(type) {
	case record.Route:
		if covers(s.prefix, d.Prefix.Addr()) {
			return d.Hops, "route"
		}
	case record.Lookup:
		if covers(s.prefix, d.Dst) {
			return []record.Hop{d.Hop}, "lookup"
		}
	}
	return nil, ""
}
