package simulate

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/topologies"
)

// node is a machine: its kernel and its processes.
type node struct {
	topologies.Node
	lab     *Lab
	ports   []*port
	procs   []*process
	anycast history[bool] // it has the anycast addresses
	routes  map[netip.Prefix]*history[[]*port]
	groups  map[netip.Prefix]*group // resilient ones
	speaker *speaker                // nil of a client
	servers []*server               // of an anycast node
}

// route puts what its daemon found into the kernel's table; none removes it.
func (n *node) route(p netip.Prefix, via []*port) {
	via = slices.DeleteFunc(slices.Clone(via), func(q *port) bool { return !q.up })
	h := n.routes[p]
	if h == nil {
		h = &history[[]*port]{}
		n.routes[p] = h
	}
	if slices.Equal(h.last(), via) {
		return
	}
	h.set(n.lab.now, via)
	n.share(p, via)
	n.lab.touched = n.lab.now
	n.lab.told(n, p, via)
}

// lose removes the routes over a port that was set down, as the kernel does.
func (n *node) lose(down *port) { n.leave(down, 1) }

// leave takes a port out of the routes that have so many hops, or more.
func (n *node) leave(gone *port, hops int) {
	for _, p := range slices.SortedFunc(maps.Keys(n.routes), netip.Prefix.Compare) {
		if via := n.routes[p].last(); len(via) >= hops && slices.Contains(via, gone) {
			n.route(p, slices.DeleteFunc(slices.Clone(via), func(q *port) bool { return q == gone }))
		}
	}
}

// carrierLost is noticed by the daemon. Of several next hops the one that is dead is gone
// before BGP knows: zebra and BIRD look after that by themselves.
func (n *node) carrierLost(p *port) {
	if n.speaker == nil {
		return
	}
	n.speaker.carrierLost(p.wire)
	n.lab.after(n.lab.draw(deadHop), func() {
		if !p.carrier() && n.speaker.runs() {
			n.leave(p, 2)
		}
	})
}

// deadHop is how long that takes.
var deadHop = Span{500 * time.Microsecond, 2 * time.Millisecond}

// look has its sessions try again: something has changed that may let them.
func (n *node) look() {
	for _, p := range n.ports {
		for _, s := range p.wire.sessions {
			s.look()
		}
	}
}

// Procs implements fault.Node.
func (n *node) Procs() []fault.Process {
	var list []fault.Process
	for _, p := range n.procs {
		if !p.dead {
			list = append(list, p)
		}
	}
	return list
}

// Connections implements fault.Node.
func (n *node) Connections(to map[netip.Addr]bool) (map[string]bool, error) {
	found := map[string]bool{}
	for _, p := range n.ports {
		for _, s := range p.wire.sessions {
			if far := p.far.end.IPv4.Addr(); s.up && (to[far] || to[p.far.end.IPv6.Addr()]) {
				found[fmt.Sprint(p.end.Dev, s.family, s.life)] = true
			}
		}
	}
	return found, nil
}

// SetAnycast implements fault.Node.
func (n *node) SetAnycast(_ context.Context, on bool) error {
	n.anycast.set(n.lab.now, on)
	n.lab.touched = n.lab.now
	return nil
}

// HasAnycast implements fault.Node.
func (n *node) HasAnycast() (int, error) {
	if n.anycast.last() {
		return len(n.lab.setting.Topology.Anycast), nil
	}
	return 0, nil
}

// Flush implements fault.Node.
func (n *node) Flush() error {
	for _, p := range slices.SortedFunc(maps.Keys(n.routes), netip.Prefix.Compare) {
		n.route(p, nil)
	}
	return nil
}

// told notes a change of the kernel's table.
func (l *Lab) told(n *node, p netip.Prefix, via []*port) {
	r := record.Route{Prefix: p, Deleted: len(via) == 0}
	for _, q := range via {
		r.Hops = append(r.Hops, q.hop(p))
	}
	l.emit(record.KindRoute, n.Name, r)
	if n.Role != topologies.Router || !slices.Contains(l.setting.Topology.Anycast, p) {
		return
	}
	look := record.Lookup{Dst: p.Addr()}
	if len(r.Hops) > 0 {
		look.Hop = r.Hops[0]
	}
	l.emit(record.KindLookup, n.Name, look)
}

func (q *port) hop(p netip.Prefix) record.Hop {
	via := q.far.end.IPv4.Addr()
	if p.Addr().Is6() || q.wire.Unnumbered {
		via = q.far.end.IPv6.Addr()
	}
	return record.Hop{Node: q.far.node.Name, Via: via, Dev: q.end.Dev}
}
