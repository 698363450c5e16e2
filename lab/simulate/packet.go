package simulate

import (
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
)

// fate is what has become of a packet.
type fate int

const (
	lostPacket fate = iota
	arrived
	underWay // until later than what is known
)

// mostHops is the TTL that packets start with.
const mostHops = 64

// flow is what routers spread packets over equal paths by.
type flow struct {
	pair       uint64 // of the two addresses
	connection uint64 // of addresses, protocol and ports
}

// travel carries a packet for a prefix from a node, which it leaves at a time, to the
// node that takes it. Each hop is met as it is when the packet gets there.
func (l *Lab) travel(at *node, to netip.Prefix, by flow, t record.Time) (*node, record.Time, fate) {
	for range mostHops {
		if t > l.now {
			return nil, t, underWay
		}
		if at.takes(to, t) {
			return at, t, arrived
		}
		p := at.via(to, by, t)
		if p == nil {
			return nil, t, lostPacket
		}
		way := p.data.when(t)
		if !way.open || l.lost(way.loss) {
			return nil, t, lostPacket
		}
		at, t = p.far.node, t.Add(p.takes())
	}
	return nil, t, lostPacket
}

// takes says whether the packet is the node's own.
func (n *node) takes(to netip.Prefix, t record.Time) bool {
	if n.Role == topologies.Anycast && slices.Contains(n.lab.setting.Topology.Anycast, to) {
		return n.anycast.when(t)
	}
	return n.Role == topologies.Client && slices.ContainsFunc(n.ports, func(p *port) bool { return p.subnet(record.FamilyOf(to.Addr())) == to })
}

// via is the port by which the node forwards, nil for none.
func (n *node) via(to netip.Prefix, by flow, t record.Time) *port {
	if n.Role == topologies.Client {
		return n.ports[0]
	}
	for _, p := range n.ports {
		if p.far.node.Role == topologies.Client && p.subnet(record.FamilyOf(to.Addr())) == to {
			return p
		}
	}
	h := n.routes[to]
	if h == nil {
		return nil
	}
	hops := h.when(t)
	switch {
	case len(hops) == 0:
		return nil
	case len(hops) == 1:
		return hops[0]
	}
	if g := n.groups[to]; g != nil && t >= g.buckets.changes[0].at {
		return g.lead(by, t)
	}
	return hops[region(n.hash(by), len(hops))]
}

// region is which of so many equal hops a hash falls to, each of which has its part of
// all hashes (hash-threshold, RFC 2992; fib_select_multipath of Linux).
func region(hash uint32, hops int) int { return int(uint64(hash) * uint64(hops) >> 32) }

// hash is a node's own of a flow.
func (n *node) hash(by flow) uint32 {
	what := by.pair
	if n.Hash == topologies.HashL4 {
		what = by.connection
	}
	h := what*0x9e3779b97f4a7c15 + 0x7f4a7c15
	for _, c := range []byte(n.Name) {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	h = (h ^ h>>31) * 0xbf58476d1ce4e5b9
	return uint32((h ^ h>>29) >> 16)
}

// answer is what becomes of a request.
type answer struct {
	fate
	by   string
	took time.Duration // until the answer is there, or the request or its answer is lost
}

// ask sends a request and waits for its answer.
func (l *Lab) ask(from *node, service string, prefix netip.Prefix, by flow, t record.Time) answer {
	site, at, f := l.travel(from, prefix, by, t)
	if f != arrived {
		return answer{fate: f, took: at.Sub(t)}
	}
	i := slices.IndexFunc(site.servers, func(s *server) bool { return s.Service.Name == service })
	if i < 0 {
		return answer{took: at.Sub(t)}
	}
	s, read, running := site.servers[i].answers.first(at, func(a answering) bool { return !a.stopped })
	switch {
	case !running: // its socket keeps the request
		return answer{fate: underWay, took: at.Sub(t)}
	case read > at:
		l.chance = true // the next one waits for another time
		at = read
	}
	if !s.alive || s.Wrong {
		return answer{took: at.Sub(t)}
	}
	home := from.ports[0].subnet(record.FamilyOf(prefix.Addr()))
	_, back, f := l.travel(site, home, by, at.Add(s.Delay+serving))
	return answer{f, site.Name, back.Sub(t)}
}

// serving is how long a service takes for a request.
const serving = 40 * time.Microsecond
