package main

import (
	"cmp"
	"slices"
	"strings"

	"anylab/lab/hand"
	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/live"
	"anylab/reports/timeline"
)

// sight is what has been seen of a lab that is up.
type sight struct {
	lab      hand.Lab
	topology record.Topology
	meter    *live.Meter
	said     []reports.Said
	faults   []record.Event     // in effect, in the order of their begin
	dark     map[[2]string]bool // ends of links without a carrier: the node, and where its link leads
	missed   int
}

func newSight() *sight { return &sight{meter: live.NewMeter(), dark: map[[2]string]bool{}} }

// saidKept is how many events are kept in words.
const saidKept = 50

// take takes what has happened.
func (s *sight) take(p hand.Seen) {
	if p.Lab != nil {
		s.lab = *p.Lab
	}
	if p.Network != nil {
		s.topology = *p.Network
	}
	s.missed += p.Missed
	for _, e := range p.Events {
		s.event(e)
	}
	for _, a := range p.Asked {
		for _, sample := range a.Samples {
			s.meter.Span(a.Group, record.Span{Sample: sample, Count: 1})
		}
	}
}

func (s *sight) event(e record.Event) {
	s.meter.Event(e)
	switch d := e.Data.(type) {
	case record.Carrier:
		s.dark[[2]string{e.Node, d.Peer}] = !d.Up
	case record.Fault:
		s.fault(e, d)
	}
	if text := timeline.Say(e); text != "" {
		s.said = append(s.said[max(0, len(s.said)-saidKept):], reports.Said{At: e.At, Text: text})
	}
}

// fault remembers those that are in effect.
func (s *sight) fault(e record.Event, f record.Fault) {
	same := func(other record.Event) bool {
		o, _ := other.Data.(record.Fault) // there is nothing else
		return o.Kind == f.Kind && slices.Equal(o.On, f.On)
	}
	switch f.Phase {
	case record.FaultEffective, record.FaultVerified:
		if f.Err == "" && !slices.ContainsFunc(s.faults, same) {
			s.faults = append(s.faults, e)
		}
	case record.FaultHealed, record.FaultHealVerified:
		if f.Err == "" {
			s.faults = slices.DeleteFunc(s.faults, same)
		}
	}
}

// sessions are those of BGP: what is down first, then by name.
func (s *sight) sessions() []live.Session {
	var list []live.Session
	for session := range s.meter.Sessions {
		list = append(list, session)
	}
	slices.SortFunc(list, func(a, b live.Session) int {
		if up, other := s.meter.Sessions[a], s.meter.Sessions[b]; up != other {
			return map[bool]int{false: -1, true: 1}[up]
		}
		return cmp.Or(strings.Compare(a.Link, b.Link), strings.Compare(string(a.Family), string(b.Family)))
	})
	return list
}

// routes are those to the anycast addresses, in the topology's order.
func (s *sight) routes() []live.Routed {
	var list []live.Routed
	for _, n := range s.topology.Nodes {
		for _, p := range s.topology.Anycast {
			if _, ok := s.meter.Hops[live.Routed{Node: n.Name, Prefix: p}]; ok {
				list = append(list, live.Routed{Node: n.Name, Prefix: p})
			}
		}
	}
	return list
}
