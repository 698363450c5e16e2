package simulate

import (
	"net/netip"
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
)

// session is a BGP session over a wire, in one address family, or in both where the
// family is empty.
type session struct {
	wire   *wire
	family record.Family
	ends   [2]*end
	up     bool
	since  record.Time
	over   record.Time // when an end last took it for over
	life   int         // of the connection: what an earlier one sent counts no more
	trying bool
	calling
}

// end is one end of a session.
type end struct {
	*session
	port  *port
	far   *end
	in    map[netip.Prefix]path   // what it has learned
	sent  map[netip.Prefix]path   // what it has told
	flaps map[netip.Prefix]*flaps // of routes that have flapped, where the node damps them
	out   stream
	told  record.Time // when the last UPDATE went out; 0: none has
	live  bool        // this end takes the session for up

	greeted bool        // what there is has been told, or need not be waited for
	heard   record.Time // the last message
	waits   bool        // for a message, and would miss it
	due     bool        // the far end's keepalive is, and arrives once that end runs and TCP gets through
	expiry  int         // which hold timer is in force
	retains int         // which restart timer is; routes are kept until it ends
	stale   bool        // what it has learned is kept from a session that ended (RFC 4724)
	idle    record.Time // until when it neither calls nor takes a call
}

// stream is one direction of a TCP connection.
type stream struct {
	queue   []func()
	unheard bool // what was sent is not acknowledged: nothing new goes (RFC 5681 section 3.1)
	waiting bool // for the retransmission timer
	tries   int
	last    record.Time // when the latest of what was sent arrives
	spoken  record.Time // when the latest of what it was decided to say is sent
}

func newSession(w *wire, f record.Family) *session {
	s := &session{wire: w, family: f}
	for i, p := range w.ports {
		s.ends[i] = &end{session: s, port: p, in: map[netip.Prefix]path{}, sent: map[netip.Prefix]path{}, flaps: map[netip.Prefix]*flaps{}}
	}
	s.ends[0].far, s.ends[1].far = s.ends[1], s.ends[0]
	return s
}

func (e *end) lab() *Lab         { return e.wire.lab }
func (e *end) speaker() *speaker { return e.port.node.speaker }
func (e *end) internal() bool    { return e.port.node.ASN == e.far.port.node.ASN }

// possible says whether the session could come up now.
func (s *session) possible() bool {
	for _, e := range s.ends {
		if e.live || !e.port.carrier() || !e.speaker().runs() || !e.port.passes(fault.BGPPackets).open {
			return false
		}
	}
	return true
}

// look has the session come up, once it can, after what its daemons need for that.
func (s *session) look() {
	if s.timed() {
		s.follow()
		return
	}
	if s.trying || !s.possible() {
		return
	}
	s.trying = true
	s.wire.lab.after(s.comes(), func() {
		s.trying = false
		if s.possible() {
			s.establish()
		}
	})
}

// comes is how long the session takes to come up: what its daemons need for that, or
// for their start.
func (s *session) comes() time.Duration {
	l, trips := s.wire.lab, s.trips()
	profile := s.ends[0].speaker().profile
	switch ready := max(s.ends[0].speaker().ready, s.ends[1].speaker().ready); {
	case ready > l.now:
		return ready.Sub(l.now) + trips
	case s.over == l.now && len(profile.Again) > 0:
		return l.take(profile.Again) + trips
	}
	return l.take(profile.Connect) + trips
}

// trips is how long the messages that open the session are under way.
func (s *session) trips() time.Duration {
	return 3 * (s.ends[0].port.takes() + s.ends[1].port.takes())
}

func (s *session) establish() {
	s.up, s.since = true, s.wire.lab.now
	s.life++
	for _, e := range s.ends {
		e.live, e.out, e.told, e.heard, e.due = true, stream{}, 0, s.wire.lab.now, false
		e.sent = map[netip.Prefix]path{}
	}
	s.shake()
	for _, e := range s.ends {
		e.speaker().opened(e)
	}
	s.changed()
}

// shake notes the messages that open the session, which are through.
func (s *session) shake() {
	for _, t := range []record.BGPType{record.BGPOpen, record.BGPKeepalive} {
		for _, e := range s.ends {
			m := record.BGP{Link: e.wire.Name, From: e.port.node.Name, To: e.far.port.node.Name, Type: t, Family: e.family}
			e.lab().emit(record.KindBGP, m.To, m)
			m.Out = true
			e.lab().emit(record.KindBGP, m.From, m)
		}
	}
}

// send hands a message to TCP. Both ends' interfaces see it pass.
func (e *end) send(m record.BGP, taken func()) {
	life := e.life
	m.Link, m.From, m.To, m.Family = e.wire.Name, e.port.node.Name, e.far.port.node.Name, e.family
	e.out.queue = append(e.out.queue, func() {
		out := m
		out.Out = true
		e.lab().emit(record.KindBGP, m.From, out)
		arrives := max(e.lab().now.Add(e.port.takes()), e.out.last)
		e.out.last = arrives
		e.lab().at(arrives, func() {
			e.lab().emit(record.KindBGP, m.To, m)
			if e.life == life {
				taken()
			}
		})
	})
	if !e.out.waiting {
		e.push()
	}
}

// retransmission is TCP's least (TCP_RTO_MIN of Linux).
const retransmission = 200 * time.Millisecond

// push sends what waits, as far as it gets through.
func (e *end) push() {
	for len(e.out.queue) > 0 {
		way, back := e.port.passes(fault.BGPPackets), e.far.port.passes(fault.BGPPackets)
		if e.out.unheard && back.open && way.open {
			e.out.unheard = false
		}
		if e.out.unheard || !way.open || e.lab().lost(way.loss) {
			e.again()
			return
		}
		e.out.tries = 0
		e.out.queue[0]()
		e.out.queue = e.out.queue[1:]
		e.out.unheard = !back.open
	}
}

// again tries once more after a while, twice as long each time.
func (e *end) again() {
	const most = 120 * time.Second // TCP_RTO_MAX
	trip := e.port.takes() + e.far.port.takes()
	e.out.waiting = true
	life := e.life
	e.lab().after(min((retransmission+trip)<<min(e.out.tries, 10), most), func() {
		if e.life == life {
			e.out.waiting = false
			e.push()
		}
	})
	e.out.tries++
}

// silent says whether the far end can't be heard.
func (e *end) silent() bool {
	way := e.far.port.passes(fault.BGPPackets)
	return !way.open || way.loss > 0 || !e.port.passes(fault.BGPPackets).open || !e.far.speaker().runs()
}

// changed has both ends watch for messages when these may fail to come. As long as
// they are sure to come, no timer has to run.
func (s *session) changed() {
	for _, e := range s.ends {
		if e.live && !e.waits && e.silent() {
			e.watch()
		}
	}
	s.look()
}

// watch begins to count on the hold timer (RFC 4271 section 6.5).
func (e *end) watch() {
	e.waits = true
	last := e.lab().now.Add(-e.age())
	e.heard = max(e.heard, last)
	e.arm()
	e.beat(last.Add(e.wire.BGP.Keepalive), e.life)
}

// age is how long ago the last keepalive came. They have come at their rhythm since the
// session began; where that has jitter, nobody has kept it after the first.
func (e *end) age() time.Duration {
	every, old := e.wire.BGP.Keepalive, e.lab().now.Sub(e.since)
	switch steady := e.lab().setting.Daemons.Steady(e.far.port.node.Node); {
	case every == 0 || old < every:
		return old
	case steady:
		return old % every
	}
	return e.lab().within(0, every)
}

// beat has the far end send its keepalives, while that matters.
func (e *end) beat(at record.Time, life int) {
	e.lab().at(at, func() {
		if !e.waits || e.life != life || !e.far.live {
			return
		}
		if !e.due {
			e.due = true
			e.far.speaker().do(func() {
				if e.life == life && e.far.live {
					e.far.send(record.BGP{Type: record.BGPKeepalive}, e.hear)
				}
			})
		}
		e.beat(e.lab().now.Add(e.wire.BGP.Keepalive), life)
	})
}

func (e *end) hear() {
	e.heard, e.due = e.lab().now, false
	if !e.waits {
		return
	}
	e.waits = e.silent()
	e.expiry++
	if e.waits {
		e.arm()
	}
}

func (e *end) arm() {
	if e.wire.BGP.Hold == 0 {
		return
	}
	e.expiry++
	expiry, life := e.expiry, e.life
	e.lab().at(e.heard.Add(e.lab().draw(e.speaker().profile.hold(e.wire.BGP.Hold))), func() {
		e.speaker().do(func() {
			if e.live && e.expiry == expiry && e.life == life {
				e.tell(4, 0, true) // hold timer expired (RFC 4271 section 4.5)
			}
		})
	})
}

// tell ends the session here with a NOTIFICATION.
func (e *end) tell(code, subcode uint8, retain bool) {
	e.send(record.BGP{Type: record.BGPNotification, Code: code, Subcode: subcode}, func() {
		e.far.speaker().do(func() { e.far.close(false) })
	})
	e.close(retain)
}

// hangUp ends the session here without a word: the kernel closes the connection.
func (e *end) hangUp() {
	e.send(record.BGP{Type: record.BGPFin}, func() {
		e.far.speaker().do(func() { e.far.close(true) })
	})
	e.close(false)
}

// close takes the session for over at this end. retain says whether it ended in a
// way after which routes may be kept for the far end's return.
func (e *end) close(retain bool) {
	if !e.live {
		return
	}
	e.live, e.waits = false, false
	e.over = e.lab().now
	e.idle = e.lab().now.Add(e.wire.BGP.IdleHold)
	if e.up = e.far.live; !e.up || e.timed() {
		e.wire.lab.after(0, e.look)
	}
	if keep := e.wire.BGP.Restart; retain && keep > 0 {
		e.stale = true
		e.retains++
		timer := e.retains
		e.lab().after(keep, func() {
			if e.stale && e.retains == timer {
				e.outlive(timer)
			}
		})
		return
	}
	e.drop()
}

// outlive keeps what was learned, for want of anything better, for the long-lived
// stale time, if there is one (RFC 9494 section 4.2).
func (e *end) outlive(timer int) {
	long := e.wire.BGP.LongLived
	if long == 0 {
		e.drop()
		return
	}
	for p, q := range e.in {
		q.communities = append(slices.Clone(q.communities), llgrStale)
		e.in[p] = q
	}
	e.chosen(e.in)
	e.lab().after(long, func() {
		if e.stale && e.retains == timer {
			e.drop()
		}
	})
}

// chosen has the speaker choose anew among the paths to these.
func (e *end) chosen(paths map[netip.Prefix]path) {
	share := e.lab().random.Float64()
	e.speaker().later(e.speaker().profile.SessionEnd.part(share), func() {
		for _, p := range sorted(paths) {
			e.speaker().decideIn(p, share)
		}
	})
}

// drop forgets what was learned.
func (e *end) drop() {
	e.stale = false
	gone := e.in
	e.in = map[netip.Prefix]path{}
	for p := range gone { // what goes with the session has not flapped
		delete(e.flaps, p)
	}
	e.chosen(gone)
}

func sorted(m map[netip.Prefix]path) []netip.Prefix {
	list := make([]netip.Prefix, 0, len(m))
	for p := range m {
		list = append(list, p)
	}
	slices.SortFunc(list, netip.Prefix.Compare)
	return list
}
