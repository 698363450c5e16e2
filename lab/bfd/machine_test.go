package bfd

import (
	"errors"
	"testing"
	"time"
)

const msec = time.Millisecond

var start = time.Unix(1000, 0)

// fresh returns a session with discriminator 1 in the given state, which its
// neighbor, discriminator 2, has brought it to with intervals of 100 ms x 3.
func fresh(t testing.TB, s State) *machine {
	t.Helper()
	m := newMachine(timing{50 * msec, 20 * msec}, 5, 1, start, func() float64 { return 0.5 })
	hear := map[State][]State{Down: nil, Init: {Down}, Up: {Down, Init}, AdminDown: nil}
	for _, r := range hear[s] {
		mustReceive(t, m, from(r), start)
	}
	if s == AdminDown {
		m.adminDown(true, start)
	}
	if m.state != s {
		t.Fatalf("state %v, want %v", m.state, s)
	}
	return m
}

// settled is fresh in Up, with the first Poll Sequence over.
func settled(t testing.TB) *machine {
	m := fresh(t, Up)
	p := from(Up)
	p.Final = true
	mustReceive(t, m, p, start)
	return m
}

// from is a packet of the neighbor.
func from(s State) Packet {
	return Packet{State: s, Multiplier: 3, My: 2, Your: 1, DesiredMinTx: 100 * msec, RequiredMinRx: 100 * msec}
}

func mustReceive(t testing.TB, m *machine, p Packet, now time.Time) actions {
	t.Helper()
	a, err := m.receive(p, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestStateMachine(t *testing.T) {
	tests := []struct {
		in, heard, want State
		diag            Diag
	}{
		{Down, AdminDown, Down, DiagNone},
		{Down, Down, Init, DiagNone},
		{Down, Init, Up, DiagNone},
		{Down, Up, Down, DiagNone},
		{Init, AdminDown, Down, DiagNeighborDown},
		{Init, Down, Init, DiagNone},
		{Init, Init, Up, DiagNone},
		{Init, Up, Up, DiagNone},
		{Up, AdminDown, Down, DiagNeighborDown},
		{Up, Down, Down, DiagNeighborDown},
		{Up, Init, Up, DiagNone},
		{Up, Up, Up, DiagNone},
	}
	for _, tt := range tests {
		m := fresh(t, tt.in)
		a := mustReceive(t, m, from(tt.heard), start)
		if m.state != tt.want || m.diag != tt.diag {
			t.Errorf("%v heard %v: %v %v, want %v %v", tt.in, tt.heard, m.state, m.diag, tt.want, tt.diag)
		}
		if changed := tt.in != tt.want; changed != (a.change != nil) || changed != (len(a.send) == 1) {
			t.Errorf("%v heard %v: change %v, %d packets; a change, and only that, is told at once", tt.in, tt.heard, a.change, len(a.send))
		}
		if a.change != nil && (*a.change != Change{tt.want, tt.diag, tt.heard}) {
			t.Errorf("%v heard %v: told %+v", tt.in, tt.heard, *a.change)
		}
	}
}

func TestDiscardedByTheSession(t *testing.T) {
	stranger := from(Down)
	stranger.Your = 7
	for _, s := range []State{Down, Init, Up} {
		m := fresh(t, s)
		if a, err := m.receive(stranger, start); !errors.Is(err, ErrYourDiscr) || m.state != s || len(a.send) != 0 {
			t.Errorf("%v: %v, now %v; want %v", s, err, m.state, ErrYourDiscr)
		}
	}
	m := fresh(t, AdminDown)
	if a, err := m.receive(from(Up), start); !errors.Is(err, ErrAdminDown) || m.state != AdminDown || len(a.send) != 0 {
		t.Errorf("admin-down: %v, now %v; want %v", err, m.state, ErrAdminDown)
	}
}

func TestExpiry(t *testing.T) {
	for s, want := range map[State]State{Down: Down, Init: Down, Up: Down, AdminDown: AdminDown} {
		m := fresh(t, s)
		if s == Down {
			mustReceive(t, m, from(Up), start) // heard, but no reason to come up
		}
		if s == AdminDown {
			_, _ = m.receive(from(Down), start) // counted as heard all the same
		}
		just := start.Add(300 * msec) // 3 x max(20 ms, 100 ms)
		if a := m.tick(just.Add(-1)); a.change != nil || m.remote.discr != 2 {
			t.Errorf("%v: expired too early", s)
		}
		a := m.tick(just)
		if m.state != want || m.remote.discr != 0 || !m.expires.IsZero() {
			t.Errorf("%v: now %v with remote discriminator %d; want %v, forgotten", s, m.state, m.remote.discr, want)
		}
		if s == Init || s == Up {
			if a.change == nil || a.change.Diag != DiagTimeExpired || len(a.send) == 0 || a.send[0].Diag != DiagTimeExpired {
				t.Errorf("%v: %+v; want the neighbor and the caller told of the expiry", s, a)
			}
		} else if a.change != nil {
			t.Errorf("%v: told %+v", s, *a.change)
		}
	}
}

func TestNegotiation(t *testing.T) {
	tests := []struct {
		name                string
		tx, rx              time.Duration
		minTx, minRx        time.Duration // the neighbor's
		multiplier          uint8
		interval, detection time.Duration
	}{
		{"all alike", 50 * msec, 50 * msec, 50 * msec, 50 * msec, 3, 50 * msec, 150 * msec},
		{"the neighbor can't take it", 50 * msec, 50 * msec, 50 * msec, 300 * msec, 3, 300 * msec, 150 * msec},
		{"the neighbor sends slowly", 50 * msec, 50 * msec, 300 * msec, 50 * msec, 5, 50 * msec, 1500 * msec},
		{"we can't take it", 50 * msec, 400 * msec, 50 * msec, 50 * msec, 2, 50 * msec, 800 * msec},
		{"its multiplier counts, not ours", 10 * msec, 10 * msec, 10 * msec, 10 * msec, 1, 10 * msec, 10 * msec},
	}
	for _, tt := range tests {
		m := newMachine(timing{tt.tx, tt.rx}, 9, 1, start, func() float64 { return 0 })
		for _, s := range []State{Down, Init} {
			p := from(s)
			p.DesiredMinTx, p.RequiredMinRx, p.Multiplier, p.Final = tt.minTx, tt.minRx, tt.multiplier, s == Init
			mustReceive(t, m, p, start)
		}
		if m.interval() != tt.interval || m.detectionTime() != tt.detection {
			t.Errorf("%s: sends every %v and waits %v, want %v and %v", tt.name, m.interval(), m.detectionTime(), tt.interval, tt.detection)
		}
	}
}

func TestSlowUntilUp(t *testing.T) {
	for _, s := range []State{Down, Init, AdminDown} {
		m := fresh(t, s)
		if p := m.packet(); p.DesiredMinTx != time.Second || p.RequiredMinRx != 20*msec || m.interval() != time.Second {
			t.Errorf("%v: says %v, sends every %v; want 1 s (RFC 5880 section 6.8.3)", s, p.DesiredMinTx, m.interval())
		}
	}
	m := fresh(t, Up)
	if p := m.packet(); p.DesiredMinTx != 50*msec || !p.Poll || m.interval() != 100*msec {
		t.Errorf("up: says %v, poll %v, sends every %v", p.DesiredMinTx, p.Poll, m.interval())
	}
	mustReceive(t, m, from(Down), start)
	if p := m.packet(); p.DesiredMinTx != time.Second || p.Poll {
		t.Errorf("down again: says %v, poll %v", p.DesiredMinTx, p.Poll)
	}
	slow := newMachine(timing{2 * time.Second, msec}, 3, 1, start, func() float64 { return 0 })
	if slow.packet().DesiredMinTx != 2*time.Second {
		t.Error("an interval above 1 s is as configured")
	}
}

func TestPollSequence(t *testing.T) {
	m := settled(t)
	if m.packet().Poll {
		t.Fatal("the sequence goes on after the Final")
	}
	// Slower sending and tighter detection wait for the neighbor's consent.
	a := m.setIntervals(timing{400 * msec, 5 * msec}, start)
	if len(a.send) != 1 || !a.send[0].Poll || a.send[0].DesiredMinTx != 400*msec || a.send[0].RequiredMinRx != 5*msec {
		t.Fatalf("sent %+v; want a poll with the new values", a.send)
	}
	if m.used != (timing{50 * msec, 20 * msec}) {
		t.Errorf("in force: %+v before the neighbor has agreed", m.used)
	}
	// A change in between: one sequence at a time.
	m.setIntervals(timing{300 * msec, 5 * msec}, start)
	final := from(Up)
	final.Final = true
	mustReceive(t, m, final, start)
	if !m.packet().Poll || m.used.tx != 50*msec {
		t.Errorf("poll %v, sends every %v after the first Final; the second change isn't agreed", m.packet().Poll, m.used.tx)
	}
	mustReceive(t, m, final, start)
	if m.packet().Poll || m.used != (timing{300 * msec, 5 * msec}) {
		t.Errorf("poll %v, in force %+v after the second Final", m.packet().Poll, m.used)
	}
	// Faster sending and looser detection count at once.
	m.setIntervals(timing{10 * msec, 500 * msec}, start)
	if m.used != (timing{10 * msec, 500 * msec}) || !m.packet().Poll {
		t.Errorf("in force: %+v, poll %v", m.used, m.packet().Poll)
	}
	// An unasked-for Final changes nothing.
	quiet := settled(t)
	mustReceive(t, quiet, final, start)
	if quiet.packet().Poll || quiet.used != (timing{50 * msec, 20 * msec}) {
		t.Error("a Final without a Poll changed something")
	}
}

func TestPollIsAnsweredAtOnce(t *testing.T) {
	for _, s := range []State{Down, Init, Up} {
		m := fresh(t, s)
		p := from(Up)
		p.Poll = true
		a := mustReceive(t, m, p, start)
		if n := len(a.send); n == 0 || !a.send[n-1].Final || a.send[n-1].Poll {
			t.Errorf("%v: answered a Poll with %+v; want a Final without a Poll", s, a.send)
		}
	}
}

func TestZeroRequiredMinRxSilencesUs(t *testing.T) {
	m := settled(t)
	p := from(Up)
	p.RequiredMinRx = 0
	mustReceive(t, m, p, start)
	if a := m.tick(start.Add(299 * msec)); len(a.send) != 0 {
		t.Errorf("sent %d periodic packets to a neighbor that wants none", len(a.send))
	}
	p.Poll = true
	if a := mustReceive(t, m, p, start); len(a.send) != 1 || !a.send[0].Final {
		t.Error("a Poll is answered nevertheless")
	}
	if a := m.tick(start.Add(300 * msec)); m.state != Down || len(a.send) == 0 {
		t.Error("silence must be noticed, and a neighbor that was forgotten be called again")
	}
}

func TestDemandModeSilencesUs(t *testing.T) {
	m := settled(t)
	p := from(Up)
	p.Demand = true
	mustReceive(t, m, p, start)
	if a := m.tick(start.Add(200 * msec)); len(a.send) != 0 {
		t.Error("periodic packets to a neighbor in demand mode (RFC 5880 section 6.6)")
	}
	if m.setIntervals(timing{60 * msec, 20 * msec}, start); !m.mayTransmit() {
		t.Error("a Poll Sequence needs packets even then")
	}
}

func TestAdminDown(t *testing.T) {
	m := settled(t)
	a := m.adminDown(true, start)
	if a.change == nil || a.change.State != AdminDown || len(a.send) != 1 || a.send[0].State != AdminDown || a.send[0].Diag != DiagAdminDown {
		t.Errorf("%+v; want AdminDown told at once", a)
	}
	if a := m.adminDown(true, start); a.change != nil || len(a.send) != 0 {
		t.Error("told twice")
	}
	if a := m.tick(start.Add(1100 * msec)); len(a.send) != 1 || a.send[0].State != AdminDown {
		t.Errorf("sent %+v; the neighbor is to go on hearing it", a.send)
	}
	if a := m.adminDown(false, start); a.change == nil || m.state != Down {
		t.Errorf("now %v, want down, ready to come up", m.state)
	}
	if a := m.adminDown(false, start); a.change != nil {
		t.Error("enabled twice")
	}
}

func TestJitter(t *testing.T) {
	for multiplier, want := range map[uint8][2]time.Duration{1: {75 * msec, 90 * msec}, 3: {75 * msec, 100 * msec}} {
		for _, random := range []float64{0, 0.25, 0.5, 0.999999} {
			m := newMachine(timing{10 * msec, 10 * msec}, multiplier, 1, start, func() float64 { return random })
			m.used.tx = 100 * msec
			if got := m.jittered(); got < want[0] || got > want[1] {
				t.Errorf("multiplier %d, random %v: %v, want %v", multiplier, random, got, want)
			}
		}
	}
}

func TestScheduleIsAbsolute(t *testing.T) {
	m := settled(t) // sends every 100 ms less 12.5 %
	first := m.deadline()
	m.tick(first.Add(10 * msec)) // late
	if got := m.deadline().Sub(first); got != 87500*time.Microsecond {
		t.Errorf("the packet after a late one is due %v after when that was due, want 87.5 ms", got)
	}
	mustReceive(t, m, from(Up), first)
	late := first.Add(250 * msec)
	m.tick(late)
	if got := m.deadline().Sub(late); got <= 0 || got > 100*msec {
		t.Errorf("after a long pause the next packet is due in %v: no burst", got)
	}
}

func TestFasterIntervalBringsThePacketForward(t *testing.T) {
	m := settled(t)
	m.tick(m.deadline())
	p := from(Up)
	p.RequiredMinRx = 2 * time.Second
	mustReceive(t, m, p, start)
	slow := m.next
	p.RequiredMinRx = 10 * msec
	mustReceive(t, m, p, start.Add(msec))
	if !m.next.Before(slow) || m.next.Sub(m.sent) > 50*msec {
		t.Errorf("next packet %v after the last one, want within 50 ms", m.next.Sub(m.sent))
	}
}

func TestMuteSendsNothingAndHearsAll(t *testing.T) {
	m := settled(t)
	m.silence(true, start)
	poll := from(Up)
	poll.Poll = true
	if a := mustReceive(t, m, poll, start); len(a.send) != 0 {
		t.Errorf("a mute session answered a Poll: %v", a.send)
	}
	if d := m.deadline(); !d.Equal(m.expires) {
		t.Errorf("deadline %v, want the detection time's end %v", d, m.expires)
	}
	a := mustReceive(t, m, from(Down), start.Add(msec))
	if m.state != Down || a.change == nil || len(a.send) != 0 {
		t.Errorf("state %v, %+v: want Down, told, and nothing sent", m.state, a)
	}
	m.silence(false, start.Add(10*time.Second))
	if a := m.tick(start.Add(10 * time.Second)); len(a.send) != 1 || a.send[0].State != Down {
		t.Errorf("sent %v once it may speak, want Down", a.send)
	}
}
