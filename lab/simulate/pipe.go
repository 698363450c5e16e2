package simulate

import (
	"slices"
	"time"

	"anylab/lab/record"
)

// pipe is one direction of a connection: what is sent is sent again until it is
// acknowledged, and taken in its order.
type pipe struct {
	*connection
	carry    func(arrives func()) // a packet of this direction
	answers  func(arrives func()) // one of the other
	segments []*segment           // not acknowledged, in their order
	sent     int                  // so far
	taken    int                  // at the far end
	early    map[int]func()       // what came there before its turn
	window   int                  // how many may be under way
	tries    int                  // timeouts in a row
	trip     time.Duration        // as measured last
	until    record.Time          // when the timer expires; 0: none runs
	next     record.Time          // when that is looked at; 0: never
}

// segment is what one packet carries.
type segment struct {
	number int
	sent   record.Time // last; 0: not yet, or it counts as lost
	again  bool
	take   func()
}

// initialWindow is how many packets go before one is acknowledged (RFC 6928). No client
// here has more under way for long, so that it does not grow beyond.
const initialWindow = 10

func (p *pipe) begin(c *connection, carry, answers func(func())) {
	p.connection, p.carry, p.answers, p.window, p.early = c, carry, answers, initialWindow, map[int]func(){}
}

func (p *pipe) send(take func()) {
	p.segments = append(p.segments, &segment{number: p.sent, take: take})
	p.sent++
	p.push()
}

// push sends what the window has room for.
func (p *pipe) push() {
	under := 0
	for _, s := range p.segments {
		if s.sent != 0 {
			under++
		}
	}
	for _, s := range p.segments {
		if s.sent == 0 && under < p.window {
			under++
			p.transmit(s)
		}
	}
}

func (p *pipe) transmit(s *segment) {
	s.sent = p.lab.now
	p.carry(func() {
		p.arrived(s)
		p.answers(func() { p.acknowledged(s) })
	})
	if p.until == 0 {
		p.arm()
	}
}

// arrived has the far end take what it has whole.
func (p *pipe) arrived(s *segment) {
	if s.number < p.taken {
		return
	}
	p.early[s.number] = s.take
	for take := p.early[p.taken]; take != nil; take = p.early[p.taken] {
		delete(p.early, p.taken)
		p.taken++
		take()
	}
}

// acknowledged lets what was sent earlier and is not acknowledged count as lost (RFC 8985).
func (p *pipe) acknowledged(s *segment) {
	i := slices.Index(p.segments, s)
	if i < 0 || p.over {
		return
	}
	if !s.again {
		p.trip = p.lab.now.Sub(s.sent)
	}
	p.segments = slices.Delete(p.segments, i, i+1)
	for _, o := range p.segments {
		if o.sent != 0 && o.sent < s.sent {
			o.sent, o.again = 0, true
		}
	}
	p.tries, p.window = 0, min(p.window+1, initialWindow)
	if p.until = 0; len(p.segments) > 0 {
		p.arm()
	}
	p.push()
}

// arm starts the retransmission timer (RFC 6298 section 5), with Linux's least.
func (p *pipe) arm() {
	p.until = p.lab.now.Add((retransmission + p.trip) << min(p.tries, 10))
	p.tick()
}

func (p *pipe) tick() {
	if p.next != 0 && p.next <= p.until {
		return
	}
	p.next = p.until
	p.lab.at(p.until, func() {
		if p.next == p.lab.now {
			p.next = 0
		}
		switch {
		case p.over || p.until == 0:
		case p.until > p.lab.now:
			p.tick()
		default:
			p.expired()
		}
	})
}

// expired sends the first again, and takes the others for lost.
func (p *pipe) expired() {
	for _, s := range p.segments {
		s.sent, s.again = 0, true
	}
	p.tries++
	p.window, p.until = 1, 0
	p.push()
}
