package simulate

import (
	"math"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/topologies"
)

// bfd is the BFD session over a wire.
type bfd struct {
	wire *wire
	topologies.BFD
	ends [2]*bfdEnd
}

// bfdEnd is one end of it. Its packets are not sent one by one: as long as they are
// sure to come, no timer has to run.
type bfdEnd struct {
	*bfd
	port  *port
	far   *bfdEnd
	up    bool
	muted bool
	waits int // which silence it counts; 0: none
	count int
}

func newBFD(w *wire) *bfd {
	b := &bfd{wire: w, BFD: *w.BFD}
	for i, p := range w.ports {
		b.ends[i] = &bfdEnd{bfd: b, port: p}
	}
	b.ends[0].far, b.ends[1].far = b.ends[1], b.ends[0]
	return b
}

func (b *bfd) of(p *port) *bfdEnd {
	if b.ends[0].port == p {
		return b.ends[0]
	}
	return b.ends[1]
}

func (b *bfdEnd) sends() bool { return !b.muted && b.port.node.speaker.runs() }

// arriving is what becomes of packets on their way to this end.
func (b *bfdEnd) arriving() passing {
	p := b.far.port.passes(fault.BFDPackets)
	p.open = p.open && b.far.sends()
	return p
}

func (b *bfd) changed() {
	l := b.wire.lab
	both := true
	for _, e := range b.ends {
		way := e.arriving()
		both = both && way.open
		switch {
		case e.up && way.open && !e.far.up:
			l.after(l.within(0, slowest), e.told)
		case e.up && way.open && way.loss == 0 && e.waits != 0:
			waits := e.waits
			l.after(l.within(0, b.Interval), func() { // the next packet
				if now := e.arriving(); e.waits == waits && now.open && now.loss == 0 {
					e.waits = 0
				}
			})
		case e.up && e.waits == 0 && !way.open:
			e.miss(e.age(), 0)
		case e.up && e.waits == 0 && way.loss > 0:
			e.miss(0, e.untilMissed(way.loss))
		}
	}
	if both && !b.ends[0].up && !b.ends[1].up {
		b.start()
	}
}

// age draws how long ago the last packet came. Gaps are uniform on 0.75 to 1 times
// the interval (RFC 5880 section 6.8.7), and long ones are met more often.
func (b *bfdEnd) age() time.Duration {
	const least = 0.75
	u := b.wire.lab.random.Float64()
	gap := math.Sqrt(least*least + u*(1-least*least))
	return time.Duration(gap * b.wire.lab.random.Float64() * float64(b.Interval))
}

// untilMissed draws when so many packets in a row are lost that the session ends.
func (b *bfdEnd) untilMissed(loss float64) time.Duration {
	const most = 1_000_000
	row, n := 0, 0
	for ; row < b.Multiplier && n < most; n++ {
		if row++; !b.wire.lab.lost(loss) {
			row = 0
		}
	}
	return time.Duration(float64(n-b.Multiplier) * 0.875 * float64(b.Interval))
}

// miss counts on the detection time (RFC 5880 section 6.8.4).
func (b *bfdEnd) miss(age, until time.Duration) {
	b.count++
	b.waits = b.count
	waits := b.waits
	b.wire.lab.after(until+time.Duration(b.Multiplier)*b.Interval-age, func() {
		b.port.node.speaker.do(func() {
			if b.up && b.waits == waits {
				b.down(1) // control detection time expired
			}
		})
	})
}

// down ends the session at this end, tells the other, and BGP (RFC 5882 section 4.2).
func (b *bfdEnd) down(diag uint8) {
	if !b.up {
		return
	}
	b.up, b.waits = false, 0
	l := b.wire.lab
	note := record.BFD{Link: b.wire.Name, From: b.port.node.Name, To: b.far.port.node.Name, State: "down", Diag: diag, Family: b.wire.sessions[0].family}
	if b.sends() && !b.port.discards(fault.BFDPackets) {
		out := note
		out.Out = true
		l.emit(record.KindBFD, note.From, out)
		if b.port.passes(fault.BFDPackets).open {
			l.after(b.port.takes(), func() {
				l.emit(record.KindBFD, note.To, note)
				b.far.port.node.speaker.do(func() { b.far.down(3) }) // neighbor signaled session down
			})
		}
	}
	for _, s := range b.wire.sessions {
		for _, e := range s.ends {
			if e.port == b.port && e.live {
				e.tell(6, 10, false) // Cease, BFD Down (RFC 9384)
			}
		}
	}
	l.after(0, b.changed)
}

// told ends the session at this end where the far end, which has a new process or gave
// it up unheard, still says that it is down.
func (b *bfdEnd) told() {
	if b.arriving().open && !b.far.up {
		b.port.node.speaker.do(func() { b.down(3) }) // neighbor signaled session down
	}
}

// forgets is what happens to an end whose process ends: nobody is left to tell anybody.
func (b *bfdEnd) forgets() { b.up, b.waits = false, 0 }

// slowest is the least rate of a session that is not up (RFC 5880 section 6.8.3).
const slowest = time.Second

// start brings the session up: each end waits for the other's next packet.
func (b *bfd) start() {
	l := b.wire.lab
	l.after(l.within(0, slowest)+l.within(0, slowest), func() {
		if b.ends[0].up || b.ends[1].up || !b.ends[0].arriving().open || !b.ends[1].arriving().open {
			return
		}
		for _, e := range b.ends {
			e.up = true
			for _, seen := range []bool{true, false} {
				at := e.port.node.Name
				if !seen {
					at = e.far.port.node.Name
				}
				l.emit(record.KindBFD, at, record.BFD{Link: b.wire.Name, From: e.port.node.Name, To: e.far.port.node.Name, Out: seen, State: "up", Family: b.wire.sessions[0].family})
			}
		}
		b.changed() // packets may be lost already
	})
}
