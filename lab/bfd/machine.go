package bfd

import "time"

// slowest is the least transmit interval of a session that is not Up
// (RFC 5880 section 6.8.3).
const slowest = time.Second

// Change says that the session's state changed.
type Change struct {
	State  State
	Diag   Diag  // why, when State is Down or AdminDown
	Remote State // what the neighbor last said; AdminDown is no failure of the path (RFC 5882 section 3.2)
}

// actions is what an event asks for: packets to send, then a change to tell.
type actions struct {
	send   []Packet
	change *Change
}

// machine is one end of a session in asynchronous mode: events in, actions
// out. It has no socket and no clock; now only has to advance. The names in
// the comments are RFC 5880's state variables (section 6.8.1).
type machine struct {
	random func() float64 // [0, 1), for the jitter

	state      State  // bfd.SessionState
	diag       Diag   // bfd.LocalDiag
	discr      uint32 // bfd.LocalDiscr
	multiplier uint8  // bfd.DetectMult
	want       timing // as configured; slowed down until Up
	told       timing // bfd.DesiredMinTxInterval, bfd.RequiredMinRxInterval
	used       timing // in force: what was told, once the neighbor knows it
	polling    bool   // a Poll Sequence is going on
	repoll     bool   // and another must follow it
	mute       bool   // nothing is sent, though all is heard

	remote  remote
	sent    time.Time // when the last periodic packet was due
	next    time.Time // when the next one is due; zero: none
	expires time.Time // when the neighbor is given up; zero: not heard from
}

// timing is a pair of intervals.
type timing struct{ tx, rx time.Duration }

// remote is what the neighbor last said.
type remote struct {
	state      State // bfd.RemoteSessionState
	discr      uint32
	minRx      time.Duration // bfd.RemoteMinRxInterval
	minTx      time.Duration
	multiplier uint8
	demand     bool // bfd.RemoteDemandMode
}

// newMachine returns a session that is Down and sends its first packet at
// now, with the discriminator discr, which must not be 0.
func newMachine(want timing, multiplier uint8, discr uint32, now time.Time, random func() float64) *machine {
	slow := timing{max(want.tx, slowest), want.rx}
	return &machine{
		random: random, state: Down, discr: discr, multiplier: multiplier,
		want: want, told: slow, used: slow,
		remote: remote{state: Down, minRx: time.Microsecond}, // "MUST be initialized to 1"
		sent:   now, next: now,
	}
}

// deadline returns when tick must be called; zero: not before a packet came.
func (m *machine) deadline() time.Time {
	if m.next.IsZero() || !m.expires.IsZero() && m.expires.Before(m.next) {
		return m.expires
	}
	return m.next
}

// tick does what is due at now.
func (m *machine) tick(now time.Time) actions {
	var a actions
	if !m.expires.IsZero() && !now.Before(m.expires) {
		a = m.expire(now)
	}
	if !m.next.IsZero() && !now.Before(m.next) {
		a.send = append(a.send, m.packet())
		m.advance(now)
	}
	return a
}

// expire gives the neighbor up (RFC 5880 section 6.8.4). Whatever the state,
// its discriminator is forgotten: it may come back as somebody else.
func (m *machine) expire(now time.Time) actions {
	m.expires = time.Time{}
	m.remote = remote{state: m.remote.state, minRx: time.Microsecond}
	if m.state != Init && m.state != Up {
		m.reschedule(now)
		return actions{}
	}
	return m.enter(Down, DiagTimeExpired, now)
}

// receive handles a packet that passed Parse, or says why it is discarded
// (RFC 5880 section 6.8.6).
func (m *machine) receive(p Packet, now time.Time) (actions, error) {
	if p.Your != 0 && p.Your != m.discr {
		return actions{}, ErrYourDiscr
	}
	m.remote = remote{p.State, p.My, p.RequiredMinRx, p.DesiredMinTx, p.Multiplier, p.Demand}
	if p.Final {
		m.endPoll()
	}
	m.expires = now.Add(m.detectionTime())
	if m.state == AdminDown {
		m.reschedule(now)
		return actions{}, ErrAdminDown
	}
	var a actions
	if to, diag := m.transition(p.State); to != m.state {
		a = m.enter(to, diag, now)
	}
	m.reschedule(now)
	if p.Poll && !m.mute {
		// "as soon as practicable, without respect to the transmission timer"
		final := m.packet()
		final.Poll, final.Final = false, true
		a.send = append(a.send, final)
	}
	return a, nil
}

// transition is the state machine of RFC 5880 section 6.2.
func (m *machine) transition(remote State) (State, Diag) {
	switch {
	case remote == AdminDown && m.state != Down:
		return Down, DiagNeighborDown
	case m.state == Down && remote == Down:
		return Init, DiagNone
	case m.state == Down && remote == Init:
		return Up, DiagNone
	case m.state == Init && (remote == Init || remote == Up):
		return Up, DiagNone
	case m.state == Up && remote == Down:
		return Down, DiagNeighborDown
	}
	return m.state, m.diag
}

// enter changes the state. A packet that says so goes out at once: waiting
// for the timer would cost up to a second (RFC 5880 section 6.8.7, "in order
// to more rapidly communicate a change in state").
func (m *machine) enter(s State, d Diag, now time.Time) actions {
	m.state, m.diag = s, d
	m.retime()
	m.reschedule(now)
	a := actions{change: &Change{State: s, Diag: d, Remote: m.remote.state}}
	if m.mayTransmit() {
		a.send = []Packet{m.packet()}
	}
	return a
}

// adminDown takes the session down on purpose, or lets it come up again.
func (m *machine) adminDown(down bool, now time.Time) actions {
	switch {
	case down && m.state != AdminDown:
		return m.enter(AdminDown, DiagAdminDown, now)
	case !down && m.state == AdminDown:
		return m.enter(Down, DiagNone, now)
	}
	return actions{}
}

// silence stops all transmission, or lets it go on.
func (m *machine) silence(mute bool, now time.Time) actions {
	m.mute = mute
	m.reschedule(now)
	return actions{}
}

// packet returns what a periodic packet says now (RFC 5880 section 6.8.7).
func (m *machine) packet() Packet {
	return Packet{
		Diag: m.diag, State: m.state, Poll: m.polling, Multiplier: m.multiplier,
		My: m.discr, Your: m.remote.discr, DesiredMinTx: m.told.tx, RequiredMinRx: m.told.rx,
	}
}
