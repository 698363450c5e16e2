package timeline

import (
	"slices"
	"time"

	"anylab/lab/record"
)

// Relay is what one router made of the first news about the prefix that it
// was sent after a change: RFC 7747 sections 5.1.1 (RIB-IN) and 5.1.2
// (RIB-OUT). A moment that was not seen is 0.
type Relay struct {
	Router    string
	From      string      // who sent the UPDATE
	In        record.Time // its packet came in at the router
	Installed record.Time // the kernel's route leads to From, or no longer does
	To        string      // who was told next
	Out       record.Time // the packet of the UPDATE that tells it went out

	Off   time.Duration // what any of these may be off, either way
	Early time.Duration // by how much the route may have been there before its reader stamped it
}

// RIBIn returns how long the router needed from receiving the UPDATE to
// following it in its kernel: RFC 7747 section 5.1.1. ok is false if it did
// not, because the route was not the best one.
func (r Relay) RIBIn() (i Interval, ok bool) { return r.until(r.Installed, r.Early), r.Installed != 0 }

// RIBOut returns how long it needed until it told the next peer: section 5.1.2.
func (r Relay) RIBOut() (i Interval, ok bool) { return r.until(r.Out, 0), r.Out != 0 }

func (r Relay) until(at record.Time, early time.Duration) Interval {
	took := max(0, at.Sub(r.In))
	return Interval{Value: took, Low: max(0, took-early-r.Off), High: took + r.Off}
}

// relays returns what every router that was told made of it, in order of time.
func (s scene) relays(events []record.Event) []Relay {
	var list []Relay
	for _, e := range events {
		d, ok := e.Data.(record.BGP)
		told := func(r Relay) bool { return r.Router == e.Node }
		if ok && !d.Out && d.To == e.Node && s.concerns(d) && !slices.ContainsFunc(list, told) {
			list = append(list, s.relay(e, between(events, e.At, events[len(events)-1].At+1)))
		}
	}
	return list
}

// concerns says whether the message is an UPDATE about the prefix.
func (s scene) concerns(d record.BGP) bool {
	return d.Type == record.BGPUpdate && (slices.ContainsFunc(d.Announce, s.covers) || slices.ContainsFunc(d.Withdraw, s.covers))
}

// relay follows one UPDATE through the router that it came to. A better path
// moves the route to its sender, a withdrawn or worse one away from it; BGP's
// changes always come with a route event.
func (s scene) relay(update record.Event, events []record.Event) Relay {
	d := update.Data.(record.BGP)
	r := Relay{Router: update.Node, From: d.From, In: update.At}
	before := leads(s.fib.nodes[r.Router].route, r.From)
	for _, e := range events {
		if hops, kind := s.hops(e, r.Router); r.Installed == 0 && kind == "route" && leads(hops, r.From) != before {
			r.Installed = e.At
		}
		out, ok := e.Data.(record.BGP)
		if ok && r.Out == 0 && out.Out && e.Node == r.Router && out.To != r.From && s.concerns(out) {
			r.To, r.Out = out.To, e.At
		}
	}
	return r
}
