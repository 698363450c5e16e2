package simulate

import (
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
)

// prober asks from a client at a fixed rate.
type prober struct {
	record.ProbeGroup
	lab     *Lab
	client  *node
	prefix  netip.Prefix
	out     *record.SampleWriter
	next    uint64
	due     record.Time
	flows   []flowSeen
	pending record.Span
	turns   []turn                 // that are still to come, in order
	idle    bool                   // what is due now is not recorded
	calls   *caller                // nil: its requests are datagrams
	pooled  bool                   // each request has a connection of its own, which may lead to another site
	answers map[string]record.Time // of a pooled group: when each node has answered last
	even    bool                   // all flows fare alike, and as before, as long as nothing changes
	seen    record.Time            // when the change was that was the last one then
}

// turn is when the recording begins or ends.
type turn struct {
	at  record.Time
	own bool
}

// flowSeen is how one flow fares.
type flowSeen struct {
	node  string
	sent  record.Time // the newest request whose fate is known
	since record.Time // it is answered by one node, request for request
	lost  bool        // the newest one was
	last  answer      // of the newest one that was followed on its way
	asked record.Time // when that was sent; 0: the next one may fare otherwise
}

// ask sends what is due, as far as its fate is known by now.
func (p *prober) ask() {
	for p.calls == nil && p.due <= p.lab.now {
		if p.repeat() {
			continue
		}
		flow := int(p.next % uint64(p.Flows))
		a := p.fares(flow)
		if a.fate == underWay && p.lab.now.Sub(p.due) < p.Timeout {
			return
		}
		s := record.Sample{Seq: p.next, Flow: flow, Due: p.due, Sent: p.due}
		if a.fate == arrived && a.took <= p.Timeout {
			s.Received, s.Node = p.due.Add(a.took), a.by
		}
		p.see(s)
		p.next++
		p.due = p.due.Add(p.Spacing())
	}
}

// repeat sends all that is due and answered by now, where each request fares as those
// before it, and says whether there was any.
func (p *prober) repeat() bool {
	if p.seen != p.lab.touched || !p.even {
		p.seen, p.even = p.lab.touched, p.alike()
	}
	if !p.even || len(p.turns) > 0 && p.out != nil {
		return false
	}
	last := p.flows[0].last
	ready := p.lab.now.Sub(p.due) - last.took
	if ready < 0 {
		return false
	}
	n, spacing := uint64(ready/p.Spacing())+1, p.Spacing()
	if p.out != nil && !p.idle {
		s := record.Sample{Seq: p.next, Flow: int(p.next % uint64(p.Flows)), Due: p.due, Sent: p.due, Received: p.due.Add(last.took), Node: last.by}
		if !p.pending.Extend(s, p.ProbeGroup) {
			return false
		}
		p.pending.Count += int(n) - 1
	}
	for i := n - min(n, uint64(p.Flows)); i < n; i++ {
		p.flows[(p.next+i)%uint64(p.Flows)].sent = p.due.Add(time.Duration(i) * spacing)
	}
	p.next += n
	p.due = p.due.Add(time.Duration(n) * spacing)
	return true
}

// alike says whether all flows are answered by one node, after as long, since the last
// change.
func (p *prober) alike() bool {
	first := p.flows[0].last
	return !p.pooled && first.fate == arrived && first.took <= p.Timeout && !slices.ContainsFunc(p.flows, func(f flowSeen) bool {
		return f.last != first || f.asked <= p.lab.touched || f.lost || f.sent == 0 || f.node != first.by
	})
}

// fares is what becomes of the request that is due: the same as of its flow's last one,
// unless something has changed since, or is left to chance.
func (p *prober) fares(flow int) answer {
	f, l := &p.flows[flow], p.lab
	if f.asked > l.touched && p.due.Add(f.last.took) <= l.now {
		return f.last
	}
	l.chance = false
	f.last, f.asked = l.ask(p.client, p.Service, p.prefix, p.by(flow), p.due), 0
	if f.last.fate != underWay && !l.chance {
		f.asked = p.due
	}
	return f.last
}

// by is what routers spread a flow by.
func (p *prober) by(number int) flow {
	pair := uint64(p.client.ports[0].end.IPv4.Addr().As4()[3])<<16 + uint64(p.prefix.Addr().As16()[0])
	return flow{pair: pair, connection: pair + uint64(len(p.Name))*7919 + uint64(number)}
}

func (p *prober) see(s record.Sample) {
	p.note(s)
	if p.out != nil {
		p.turn(s.Due)
		if !p.idle {
			p.write(s)
		}
	}
}

// note remembers how the request's flow fares. What becomes of a request over a
// connection may be known after what has become of later ones.
func (p *prober) note(s record.Sample) {
	f := &p.flows[s.Flow]
	switch other := s.Node != f.node && !p.pooled; {
	case s.Sent < f.sent && s.Lost():
		f.since = max(f.since, s.Sent.Add(1))
	case s.Sent < f.sent:
	case s.Lost() || f.lost || other || f.sent == 0:
		f.since = s.Sent
		fallthrough
	default:
		f.sent, f.lost = s.Sent, s.Lost()
	}
	if !s.Lost() && s.Sent == f.sent {
		f.node = s.Node
		if p.pooled {
			p.answers[s.Node] = s.Sent
		}
	}
}

// keep has the requests that are due from then on recorded, or not. The fate of those
// before is known later.
func (p *prober) keep(from record.Time, own bool) { p.turns = append(p.turns, turn{from, own}) }

func (p *prober) turn(due record.Time) {
	for len(p.turns) > 0 && p.turns[0].at <= due {
		if p.idle = !p.turns[0].own; p.idle {
			p.flush()
		}
		p.turns = p.turns[1:]
	}
}

// write puts requests of one fate together.
func (p *prober) write(s record.Sample) {
	if !p.pending.Extend(s, p.ProbeGroup) {
		p.flush()
		p.pending = record.Span{Sample: s, Count: 1}
	}
}

func (p *prober) flush() {
	if p.pending.Count > 0 {
		p.out.WriteSpan(p.pending)
	}
	p.pending = record.Span{}
}

// served says whether all flows have been answered for so long, since a time.
func (p *prober) served(after record.Time, quiet time.Duration) bool {
	if p.pooled && quiet > 0 {
		quiet = max(quiet, p.rotation()) // a site that answers no more is forgotten by then
	}
	return !slices.ContainsFunc(p.flows, func(f flowSeen) bool {
		return f.lost || f.sent < after || f.sent.Sub(max(f.since, after)) < quiet
	})
}

// nodes are those that answer.
func (p *prober) nodes() []string {
	var list []string
	for _, f := range p.flows {
		if f.node != "" && !f.lost && !p.pooled && !slices.Contains(list, f.node) {
			list = append(list, f.node)
		}
	}
	for name, last := range p.answers {
		if name != "" && p.lab.now.Sub(last) < p.rotation() {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// rotation is how long it takes until each site should have answered some request of a group
// whose requests may go to any.
func (p *prober) rotation() time.Duration {
	const requests = 100
	return max(quiet, time.Duration(requests/p.Rate*float64(time.Second)))
}
