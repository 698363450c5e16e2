// Package simulate carries out one cell of a scenario in virtual time.
package simulate

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies"
)

// Lab is a simulated one: its nodes, links, daemons, services and probes.
type Lab struct {
	clock
	out     record.Sink
	random  *rand.Rand
	setting fault.Setting
	nodes   map[string]*node
	order   []*node // as in the topology
	wires   map[string]*wire
	links   []*wire
	pids    int
	touched record.Time // when something last changed that packets meet
	changed record.Time // when it was last told of a change in the network
	probers []*prober
	chance  bool // something was left to it: the next packet may fare otherwise
}

// begins is when virtual time does.
const begins = record.Time(time.Second)

// open builds the lab of a scenario.
func open(s scenarios.Scenario, setting fault.Setting, profiles Profiles, out record.Sink, from record.Time, seed uint64) *Lab {
	l := &Lab{out: out, random: rand.New(rand.NewPCG(seed, 1)), setting: setting, nodes: map[string]*node{}, wires: map[string]*wire{}}
	l.now = max(from, begins)
	t := s.Topology
	for _, n := range t.Nodes {
		made := &node{Node: n, lab: l, routes: map[netip.Prefix]*history[[]*port]{}, groups: map[netip.Prefix]*group{}}
		l.nodes[n.Name] = made
		l.order = append(l.order, made)
		made.anycast.set(l.now, n.Role == topologies.Anycast)
	}
	for _, link := range t.Links {
		w := newWire(l, link)
		l.wires[link.Name] = w
		l.links = append(l.links, w)
	}
	for _, n := range l.order {
		if n.Daemon != "" {
			n.speaker = newSpeaker(n, profiles[n.Daemon])
		}
	}
	l.connect()
	for _, svc := range s.Services {
		for _, on := range svc.On {
			l.serve(l.nodes[on], svc)
		}
	}
	return l
}

// connect makes the sessions, and has routers originate the subnets of their clients.
func (l *Lab) connect() {
	for _, w := range l.links {
		near, far := w.ports[0].node, w.ports[1].node
		if near.speaker == nil || far.speaker == nil {
			continue
		}
		families := l.families()
		if w.Unnumbered {
			families = []record.Family{""}
		}
		for _, f := range families {
			w.sessions = append(w.sessions, newSession(w, f))
		}
		if w.BFD != nil {
			w.bfd = newBFD(w)
			w.bfd.changed()
		}
	}
	for _, n := range l.order {
		for _, p := range n.ports {
			if n.Role != topologies.Router || p.far.node.Role != topologies.Client {
				continue
			}
			for _, f := range l.families() {
				n.speaker.announce(p.subnet(f), fault.Attributes{})
			}
		}
		n.look()
	}
}

func (l *Lab) families() []record.Family {
	var list []record.Family
	for _, p := range l.setting.Topology.Anycast {
		if f := record.FamilyOf(p.Addr()); !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	slices.Sort(list)
	return list
}

func (p *port) subnet(f record.Family) netip.Prefix {
	if f == record.IPv6 {
		return p.end.IPv6.Masked()
	}
	return p.end.IPv4.Masked()
}

func (l *Lab) emit(k record.Kind, node string, data any) {
	e := record.Event{At: l.now, Kind: k, Node: node, Data: data}
	if e.Change() != "" {
		l.changed = l.now
	}
	l.out.Emit(e)
}

// within draws a time between two, evenly.
func (l *Lab) within(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(l.random.Int64N(int64(high-low)))
}

func (l *Lab) draw(s Span) time.Duration { return l.within(s.Low, s.High) }

func (l *Lab) lost(share float64) bool {
	l.chance = l.chance || share > 0
	return share > 0 && l.random.Float64() < share
}

// world is the lab as faults see it.
func (l *Lab) world(round uint64) *fault.World {
	w := &fault.World{Setting: l.setting, Network: network{l}, Clock: &l.clock, Round: round,
		Speakers: map[string]fault.Speaker{}, Running: map[string][]fault.Server{}}
	for _, n := range l.order {
		if n.speaker != nil {
			w.Speakers[n.Name] = n.speaker
		}
		for _, s := range n.servers {
			w.Running[n.Name] = append(w.Running[n.Name], s)
		}
	}
	return w
}

// network is the lab's.
type network struct{ *Lab }

// Link implements fault.Network.
func (n network) Link(name string) (fault.Link, error) { return n.wires[name], nil }

// Switch implements fault.Network.
func (n network) Switch(name string) (fault.Switch, error) { return n.wires[name], nil }

// Flood implements fault.Network. Nothing fills a link here.
func (n network) Flood(from string, _ uint64, _ int) (fault.Flow, error) {
	return nil, fmt.Errorf("a flood from %s is not simulated", from)
}

// Node implements fault.Network.
func (n network) Node(name string) (fault.Node, error) { return n.nodes[name], nil }

// up says whether all sessions are, and all services healthy.
func (l *Lab) up() bool {
	for _, w := range l.links {
		for _, s := range w.sessions {
			if !s.ends[0].live || !s.ends[1].live {
				return false
			}
		}
		if w.bfd != nil && (!w.bfd.ends[0].up || !w.bfd.ends[1].up) {
			return false
		}
	}
	for _, n := range l.order {
		for _, s := range n.servers {
			if !s.healthy && s.Health.Kind != "none" {
				return false
			}
		}
	}
	return true
}

// catchUp has the probes send what is due by now.
func (l *Lab) catchUp() {
	for _, p := range l.probers {
		p.ask()
	}
}

// forget drops what was before a time.
func (l *Lab) forget(before record.Time) {
	for _, n := range l.order {
		n.anycast.forget(before)
		for _, h := range n.routes {
			h.forget(before)
		}
		for _, g := range n.groups {
			g.buckets.forget(before)
		}
		for _, s := range n.servers {
			s.answers.forget(before)
		}
		n.procs = slices.DeleteFunc(n.procs, func(p *process) bool { return p.dead })
		for _, p := range n.ports {
			p.data.forget(before)
		}
	}
}
