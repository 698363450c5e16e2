package simulate

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/topologies"
)

// path is a route as it was learned, or is originated.
type path struct {
	as          []uint32
	med, pref   uint32
	communities []uint32
	from        *end // nil: the node's own

	// Of a route that was reflected (RFC 4456 section 8): by whom, the last first, and the
	// router id of who brought it into the AS.
	clusters   []netip.Addr
	originator netip.Addr
}

// longStale is 1 of a path that is the last resort.
func (p path) longStale() int {
	if slices.Contains(p.communities, llgrStale) {
		return 1
	}
	return 0
}

func (p path) equal(o path) bool {
	return slices.Equal(p.as, o.as) && p.med == o.med && p.pref == o.pref && slices.Equal(p.communities, o.communities) && slices.Equal(p.clusters, o.clusters) && p.originator == o.originator
}

// speaker is a node's BGP daemon.
type speaker struct {
	*process
	node    *node
	profile Profile
	own     map[netip.Prefix]fault.Attributes // what is announced
	best    map[netip.Prefix][]path
	halted  bool
	ready   record.Time // when it is up after its last start
	began   record.Time // when its process was started
}

func newSpeaker(n *node, p Profile) *speaker {
	s := &speaker{node: n, profile: p, own: map[netip.Prefix]fault.Attributes{}, best: map[netip.Prefix][]path{}}
	s.launch()
	return s
}

func (s *speaker) launch() {
	s.process, s.began = s.node.start(s.node.Daemon, s.died, s.froze), s.node.lab.now
}

func (s *speaker) ends() []*end {
	var list []*end
	for _, p := range s.node.ports {
		for _, session := range p.wire.sessions {
			if session.ends[0].port == p {
				list = append(list, session.ends[0])
			} else {
				list = append(list, session.ends[1])
			}
		}
	}
	return list
}

// died leaves its connections to the kernel, which closes them, and itself to a
// supervisor.
func (s *speaker) died() {
	for _, e := range s.ends() {
		if e.live {
			e.hangUp()
		}
		e.in, e.flaps = map[netip.Prefix]path{}, map[netip.Prefix]*flaps{}
	}
	s.best = map[netip.Prefix][]path{}
	for _, p := range s.node.ports {
		if b := p.wire.bfd; b != nil {
			b.of(p).forgets()
		}
	}
	s.froze()
	if share := s.profile.ClearShare; share > 0 && !s.halted && s.node.lab.random.Float64() < share {
		s.clear()
	}
	ended := s.process
	s.node.supervise(s.node.Daemon, s.node.Restart, 0, func() bool { return s.halted || s.process != ended }, s.again)
}

// froze has the wires see that it says nothing, or speaks again.
func (s *speaker) froze() {
	for _, p := range s.node.ports {
		p.wire.changed()
	}
}

func (s *speaker) carrierLost(w *wire) {
	if w.port(s.node.Name).up && s.node.lab.setting.Daemons.Watch(w.Link, s.node.Name).Outlasts {
		return
	}
	for _, e := range s.ends() {
		if e.wire == w && e.live {
			e := e
			s.later(s.node.lab.take(s.profile.Carrier), func() { e.tell(6, 0, false) })
		}
	}
}

// opened greets a neighbor that has come up.
func (s *speaker) opened(e *end) {
	e.greeted = len(s.profile.Greet) == 0
	life := e.life
	s.later(s.greets(), func() {
		if e.life == life {
			e.greeted = true
			s.tellAll(e)
		}
	})
}

// greets is how long after a session's start the daemon says what there is.
func (s *speaker) greets() time.Duration {
	if len(s.profile.Greet) == 0 {
		return s.node.lab.take(s.profile.Send)
	}
	return s.node.lab.take(s.profile.Greet) + microseconds(s.profile.GreetMore*float64(len(s.ends())))
}

// tellAll sends all there is to a neighbor.
func (s *speaker) tellAll(e *end) {
	for _, p := range slices.SortedFunc(maps.Keys(s.best), netip.Prefix.Compare) {
		s.export(e, p, 0)
	}
	if e.far.stale { // the End-of-RIB marker (RFC 4724 section 2)
		e.send(record.BGP{Type: record.BGPUpdate}, func() { e.far.stale = false })
	}
}

// decide selects the best paths (RFC 4271 section 9.1.2), and says so where they
// have changed.
func (s *speaker) decide(p netip.Prefix) { s.decideIn(p, s.node.lab.random.Float64()) }

// decideIn does so where the kernel's route takes as long as in a share of the times: what
// is slow in one step is so in the next, or a step is no difference between two ways.
func (s *speaker) decideIn(p netip.Prefix, share float64) {
	now := s.selected(p)
	before := s.best[p]
	if slices.EqualFunc(before, now, func(a, b path) bool { return a.from == b.from && a.equal(b) }) {
		return
	}
	s.best[p] = now
	if len(now) == 0 {
		delete(s.best, p)
	}
	s.later(s.profile.Install.part(share), func() { s.install(p) })
	chosen, sent := s.profile.Send.least(), s.node.lab.take(s.profile.Send)
	s.later(chosen, func() {
		for _, e := range s.ends() {
			if e.live {
				s.export(e, p, sent-chosen)
			}
		}
	})
}

func (s *speaker) selected(p netip.Prefix) []path {
	var list []path
	if a, ok := s.own[p]; ok {
		list = append(list, path{as: slices.Repeat([]uint32{s.node.ASN}, a.Prepend), med: a.MED, pref: cmp.Or(a.LocalPref, 100), communities: a.Communities})
	}
	for _, e := range s.ends() {
		if q, ok := e.in[p]; ok && !e.suppressed(p) {
			list = append(list, q)
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, s.better)
	if !s.node.Multipath || list[0].from == nil {
		return list[:1]
	}
	return slices.DeleteFunc(list, func(q path) bool { return s.worse(list[0], q) != 0 })
}

// worse compares what decides between paths before anything is a tie.
func (s *speaker) worse(a, b path) int {
	own := func(p path) int {
		switch {
		case p.from == nil:
			return 0
		case !p.from.internal():
			return 1
		}
		return 2
	}
	med := 0
	if len(a.as) > 0 && len(b.as) > 0 && a.as[0] == b.as[0] {
		med = cmp.Compare(a.med, b.med)
	}
	return cmp.Or(cmp.Compare(a.longStale(), b.longStale()), cmp.Compare(b.pref, a.pref), cmp.Compare(min(own(a), 1), min(own(b), 1)), cmp.Compare(len(a.as), len(b.as)), med, cmp.Compare(own(a), own(b)))
}

func (s *speaker) better(a, b path) int {
	if c := s.worse(a, b); c != 0 || a.from == nil || b.from == nil {
		return c
	}
	return cmp.Or(a.originated().Compare(b.originated()), cmp.Compare(len(a.clusters), len(b.clusters)), // RFC 4456 section 9
		a.from.far.port.end.IPv4.Addr().Compare(b.from.far.port.end.IPv4.Addr()),
		a.from.far.port.end.IPv6.Addr().Compare(b.from.far.port.end.IPv6.Addr()))
}

// originated is the router id that breaks ties: of the neighbor, or of who told a
// reflector.
func (p path) originated() netip.Addr {
	if p.originator.IsValid() {
		return p.originator
	}
	return p.from.far.port.node.RouterID
}

// install writes the best paths into the kernel.
func (s *speaker) install(p netip.Prefix) {
	var via []*port
	for _, q := range s.best[p] {
		if q.from != nil {
			via = append(via, q.from.port)
		}
	}
	s.node.route(p, via)
}

// export tells a neighbor what has changed for it until now: so much later. What the
// daemon hears meanwhile comes too late for that.
func (s *speaker) export(e *end, p netip.Prefix, later time.Duration) {
	if !e.live || !e.greeted || e.family != "" && record.FamilyOf(p.Addr()) != e.family {
		return
	}
	now, life := s.node.lab.now, e.life
	if free := e.told.Add(e.wire.BGP.MRAI); now < free && now > e.told && e.told > 0 { // RFC 4271 section 9.2.1.1
		s.later(free.Sub(now), func() {
			if e.life == life {
				s.export(e, p, 0)
			}
		})
		return
	}
	out, ok := s.offer(e, p)
	before, told := e.sent[p]
	m := record.BGP{Type: record.BGPUpdate}
	switch {
	case ok && (!told || !before.equal(out)):
		e.sent[p], m.Announce = out, []netip.Prefix{p}
		for _, c := range out.communities {
			m.Communities = append(m.Communities, strconv.Itoa(int(c>>16))+":"+strconv.Itoa(int(c&0xffff)))
		}
	case !ok && told:
		delete(e.sent, p)
		m.Withdraw = []netip.Prefix{p}
	default:
		return
	}
	e.told = now
	e.out.spoken = max(now.Add(later), e.out.spoken)
	s.later(e.out.spoken.Sub(now), func() {
		if e.life == life {
			e.send(m, func() { e.far.speaker().take(e.far, p, out, ok) })
		}
	})
}

// offer returns what a neighbor is told of a prefix.
func (s *speaker) offer(e *end, p netip.Prefix) (path, bool) {
	best := s.best[p]
	if len(best) == 0 {
		return path{}, false
	}
	b := best[0]
	inside := b.from != nil && b.from.internal() && e.internal()
	if b.from == e || inside && !b.from.far.port.end.Client && !e.far.port.end.Client {
		return path{}, false
	}
	if b.longStale() > 0 && e.wire.BGP.LongLived == 0 { // RFC 9494 section 4.3
		return path{}, false
	}
	if slices.Contains(b.communities, noAdvertise) || !e.internal() && slices.Contains(b.communities, noExport) {
		return path{}, false
	}
	out := path{as: b.as, med: b.med, pref: b.pref, communities: b.communities}
	if inside {
		out.clusters, out.originator = append([]netip.Addr{s.node.Cluster}, b.clusters...), b.originated()
	}
	if !e.internal() {
		out = path{as: append([]uint32{s.node.ASN}, b.as...), pref: 100, communities: b.communities}
		if b.from == nil {
			out.med = b.med
		}
	}
	return s.announcing(e.port.end.Policy, out), true
}

// announcing is what the link's policy makes of a route that is announced over it.
func (s *speaker) announcing(p topologies.Policy, out path) path {
	more := p.Prepend
	for _, a := range p.Actions {
		if slices.Contains(out.communities, uint32(a.Community)) {
			more += a.Prepend
		}
	}
	out.as = append(slices.Repeat([]uint32{s.node.ASN}, more), out.as...)
	out.med = cmp.Or(p.MED, out.med)
	for _, c := range p.Communities {
		out.communities = append(slices.Clip(out.communities), uint32(c))
	}
	return out
}

// The well-known communities of RFC 1997.
const (
	noExport    = 0xffffff01
	noAdvertise = 0xffffff02
)

// llgrStale is the community of RFC 9494 section 3.1.
const llgrStale = 65535<<16 | 6

// gracefulShutdown is the community of RFC 8326 section 4.1.
const gracefulShutdown = 65535 << 16

// take is what the daemon does with an UPDATE.
func (s *speaker) take(e *end, p netip.Prefix, in path, announced bool) {
	s.later(s.node.lab.take(s.profile.Receive), func() {
		if !e.live {
			return
		}
		in.from = e
		if preferred := e.far.port.end.Policy.LocalPreference; preferred > 0 {
			in.pref = preferred
		}
		if slices.Contains(in.communities, gracefulShutdown) && !e.internal() {
			in.pref = 1
		}
		looped := slices.Contains(in.as, s.node.ASN) || slices.Contains(in.clusters, s.node.Cluster) || in.originator == s.node.RouterID
		e.damp(p, in, announced && !looped)
		if announced && !looped {
			e.in[p] = in
		} else {
			delete(e.in, p)
		}
		s.decide(p)
		if e.live {
			e.heard = s.node.lab.now
		}
	})
}
