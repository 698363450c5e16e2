// Package live counts what a run's record shows, as far as it has been written.
package live

import (
	"maps"
	"net/netip"

	"anylab/lab/record"
)

// Asked is who asks what.
type Asked struct{ Client, Service string }

// Answered is who gave an answer to whom. The site is empty where answers don't say.
type Answered struct {
	Asked
	Site string
}

// Session is one between two nodes, over a link.
type Session struct {
	Link, A, B string // in the order of their names
	Family     record.Family
}

// Routed is a node's route to a prefix.
type Routed struct {
	Node   string
	Prefix netip.Prefix
}

// Meter counts.
type Meter struct {
	Answers  map[Answered]int
	Lost     map[Asked]int           // of all who have asked
	Sessions map[Session]bool        // BGP: up
	BFD      map[Session]bool        // up, as far as the last packets say
	Hops     map[Routed][]record.Hop // that forward, in the kernel; none: there is no route
	Changes  map[Routed]int          // of the route
	Strips   map[Asked]*Strip
}

// NewMeter returns one that has seen nothing.
func NewMeter() *Meter {
	return &Meter{Answers: map[Answered]int{}, Lost: map[Asked]int{}, Sessions: map[Session]bool{}, BFD: map[Session]bool{},
		Hops: map[Routed][]record.Hop{}, Changes: map[Routed]int{}, Strips: map[Asked]*Strip{}}
}

// Event takes an event. A lab that is built anew has no sessions and no routes yet.
func (m *Meter) Event(e record.Event) {
	switch d := e.Data.(type) {
	case record.BGP:
		m.bgp(d)
	case record.BFD:
		m.BFD[session(d.Link, d.From, d.To, d.Family)] = d.State == "up"
	case record.Route:
		r := Routed{e.Node, d.Prefix}
		if m.Hops[r] = nil; !d.Deleted {
			m.Hops[r] = forwarding(d.Hops)
		}
		m.Changes[r]++
	case record.Force:
		if d.How == record.Rebuild {
			clear(m.Sessions)
			clear(m.BFD)
			clear(m.Hops)
		}
	}
}

func (m *Meter) bgp(d record.BGP) {
	s := session(d.Link, d.From, d.To, d.Family)
	switch {
	case d.Type == record.BGPKeepalive, d.Type == record.BGPUpdate:
		m.Sessions[s] = true
	case d.Type == record.BGPOpen, d.Ends():
		m.Sessions[s] = false
	}
}

func session(link, from, to string, f record.Family) Session {
	return Session{link, min(from, to), max(from, to), f}
}

// forwarding are the hops that lead somewhere.
func forwarding(hops []record.Hop) (list []record.Hop) {
	for _, h := range hops {
		if !h.Down {
			list = append(list, h)
		}
	}
	return list
}

// Count takes the fate of requests that fared alike.
func (m *Meter) Count(g record.ProbeGroup, s record.Span) {
	asked := Asked{g.Client, g.Service}
	lost := s.Count
	if !s.Lost() {
		m.Answers[Answered{asked, s.Node}] += s.Count
		lost = 0
	}
	m.Lost[asked] += lost
}

// Add takes over what was counted in another record.
func (m *Meter) Add(o *Meter) {
	for a, n := range o.Answers {
		m.Answers[a] += n
	}
	for a, n := range o.Lost {
		m.Lost[a] += n
	}
	for r, n := range o.Changes {
		m.Changes[r] += n
	}
	maps.Copy(m.Sessions, o.Sessions)
	maps.Copy(m.BFD, o.BFD)
	maps.Copy(m.Hops, o.Hops)
}

// Span counts requests that fared alike, and remembers those of late.
func (m *Meter) Span(g record.ProbeGroup, s record.Span) {
	m.Count(g, s)
	asked := Asked{g.Client, g.Service}
	if m.Strips[asked] == nil {
		m.Strips[asked] = &Strip{}
	}
	for s.Count > 0 {
		var part record.Span
		part, s = s.Cut(g, record.Time(slotOf(s.Sent)+1)*record.Time(Slot))
		m.Strips[asked].add(part)
	}
}
