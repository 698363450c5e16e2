package bfd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// wire joins two machines in simulated time.
type wire struct {
	now     time.Time
	ends    [2]*machine
	flying  []delivery
	delay   time.Duration
	cut     [2]bool // what this end sends is lost
	changes [2][]heardOf
	sent    [2][]time.Time
}

type delivery struct {
	at time.Time
	to int
	p  Packet
}

type heardOf struct {
	Change
	at time.Time
}

func newWire(seed uint64, delay time.Duration, want [2]timing, multipliers [2]uint8) *wire {
	r := rand.New(rand.NewPCG(seed, 1))
	w := &wire{now: start, delay: delay}
	for i := range w.ends {
		w.ends[i] = newMachine(want[i], multipliers[i], uint32(i+1), start.Add(time.Duration(r.IntN(900))*msec), r.Float64)
	}
	return w
}

// run lets time pass until the moment.
func (w *wire) run(until time.Time) {
	for {
		next, step := until, func() {}
		for i, m := range w.ends {
			if d := m.deadline(); !d.IsZero() && d.Before(next) {
				next, step = d, func() { w.do(i, m.tick(w.now)) }
			}
		}
		for i, f := range w.flying {
			if f.at.Before(next) {
				next, step = f.at, func() {
					w.flying = slices.Delete(w.flying, i, i+1)
					a, err := w.ends[f.to].receive(f.p, w.now)
					if err == nil {
						w.do(f.to, a)
					}
				}
			}
		}
		if !next.Before(until) {
			w.now = until
			return
		}
		if next.After(w.now) {
			w.now = next
		}
		step()
	}
}

func (w *wire) do(from int, a actions) {
	for _, p := range a.send {
		w.sent[from] = append(w.sent[from], w.now)
		data, err := p.Marshal()
		if err != nil {
			panic(err)
		}
		if p, err = Parse(data); err != nil {
			panic(fmt.Sprintf("sends what it would discard: %v", err))
		}
		if !w.cut[from] {
			w.flying = append(w.flying, delivery{w.now.Add(w.delay), 1 - from, p})
		}
	}
	if a.change != nil {
		w.changes[from] = append(w.changes[from], heardOf{*a.change, w.now})
	}
}

func both(t timing) [2]timing { return [2]timing{t, t} }

func TestHandshakeAndSteadyState(t *testing.T) {
	for seed := range uint64(50) {
		w := newWire(seed, msec, both(timing{10 * msec, 10 * msec}), [2]uint8{3, 3})
		w.run(start.Add(3 * time.Second))
		for i, m := range w.ends {
			if m.state != Up || m.polling || m.interval() != 10*msec || m.detectionTime() != 30*msec {
				t.Fatalf("seed %d, end %d: %v, polling %v, every %v, waits %v", seed, i, m.state, m.polling, m.interval(), m.detectionTime())
			}
		}
		settled := len(w.sent[0])
		w.run(w.now.Add(10 * time.Second))
		// 10 s at 10 ms less 0 to 25 %, 12.5 % in the mean.
		if n := len(w.sent[0]) - settled; n < 1100 || n > 1190 {
			t.Errorf("seed %d: %d packets in 10 s, want about 1143", seed, n)
		}
		for i, c := range w.changes {
			if last := c[len(c)-1]; last.State != Up || last.at.After(start.Add(3*time.Second)) {
				t.Errorf("seed %d, end %d: flapped: %+v", seed, i, c)
			}
		}
	}
}

// TestDetectionBounds cuts one way at random moments. The deaf end notices
// after the detection time less the age of the last packet: between m-1 and m
// intervals (and the delay of what was still on its way). The other end is
// told by it at once.
func TestDetectionBounds(t *testing.T) {
	const interval, delay, multiplier = 50 * msec, 2 * msec, 3
	var least, most time.Duration = time.Hour, 0
	for seed := range uint64(400) {
		w := newWire(seed, delay, both(timing{interval, interval}), [2]uint8{multiplier, multiplier})
		w.run(start.Add(5*time.Second + time.Duration(seed)*137*time.Microsecond))
		cut := w.now
		w.cut[0] = true
		w.run(cut.Add(time.Second))
		took, told := fallen(t, w, 1, cut, DiagTimeExpired), fallen(t, w, 0, cut, DiagNeighborDown)
		if told-took != delay {
			t.Errorf("seed %d: the other end learnt it %v later, want %v", seed, told-took, delay)
		}
		least, most = min(least, took), max(most, took)
	}
	if low, high := (multiplier-1)*interval+delay, multiplier*interval+delay; least < low || most > high {
		t.Errorf("detected after %v to %v, want within %v to %v", least, most, low, high)
	}
	if most-least < interval/2 {
		t.Errorf("detected after %v to %v: 400 moments should spread over an interval", least, most)
	}
}

// fallen returns how long after the cut an end went down for the first time.
func fallen(t *testing.T, w *wire, end int, cut time.Time, why Diag) time.Duration {
	t.Helper()
	for _, c := range w.changes[end] {
		if c.at.After(cut) {
			if c.State != Down || c.Diag != why {
				t.Fatalf("end %d: %+v, want down because of %v", end, c, why)
			}
			return c.at.Sub(cut)
		}
	}
	t.Fatalf("end %d never noticed", end)
	return 0
}

func TestRecoveryAfterACut(t *testing.T) {
	w := newWire(1, msec, both(timing{20 * msec, 20 * msec}), [2]uint8{3, 3})
	w.run(start.Add(4 * time.Second))
	w.cut = [2]bool{true, true}
	w.run(w.now.Add(5 * time.Second))
	for i, m := range w.ends {
		if m.state != Down || m.remote.discr != 0 {
			t.Fatalf("end %d is %v and remembers discriminator %d", i, m.state, m.remote.discr)
		}
	}
	w.cut = [2]bool{}
	w.run(w.now.Add(3 * time.Second))
	for i, m := range w.ends {
		if m.state != Up {
			t.Errorf("end %d is %v 3 s after the cut ended", i, m.state)
		}
	}
}

func TestRestartedNeighbor(t *testing.T) {
	w := newWire(2, msec, both(timing{20 * msec, 20 * msec}), [2]uint8{3, 3})
	w.run(start.Add(4 * time.Second))
	w.ends[1] = newMachine(timing{20 * msec, 20 * msec}, 3, 77, w.now, func() float64 { return 0 })
	w.run(w.now.Add(4 * time.Second))
	if w.ends[0].state != Up || w.ends[1].state != Up || w.ends[0].remote.discr != 77 {
		t.Errorf("%v, %v with neighbor %d; want both up with 77", w.ends[0].state, w.ends[1].state, w.ends[0].remote.discr)
	}
}

func TestUnequalEnds(t *testing.T) {
	w := newWire(3, msec, [2]timing{{10 * msec, 300 * msec}, {100 * msec, 50 * msec}}, [2]uint8{2, 5})
	w.run(start.Add(5 * time.Second))
	a, b := w.ends[0], w.ends[1]
	if a.interval() != 50*msec || b.interval() != 300*msec {
		t.Errorf("send every %v and %v, want 50 ms and 300 ms", a.interval(), b.interval())
	}
	if a.detectionTime() != 1500*msec || b.detectionTime() != 100*msec {
		t.Errorf("wait %v and %v, want 1.5 s and 100 ms", a.detectionTime(), b.detectionTime())
	}
}

// TestTimerChangesNeverFlap changes both ends' intervals, up and down, at
// once and one after the other, and loses no packet: the session must hold.
func TestTimerChangesNeverFlap(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := newWire(seed, 3*msec, both(timing{50 * msec, 50 * msec}), [2]uint8{3, 3})
		w.run(start.Add(4 * time.Second))
		for range 30 {
			end := r.IntN(2)
			want := timing{time.Duration(10+r.IntN(990)) * msec, time.Duration(10+r.IntN(990)) * msec}
			w.do(end, w.ends[end].setIntervals(want, w.now))
			w.run(w.now.Add(time.Duration(r.IntN(800)) * msec))
		}
		w.run(w.now.Add(10 * time.Second))
		for i, m := range w.ends {
			if last := w.changes[i][len(w.changes[i])-1]; last.at.After(start.Add(4*time.Second)) || m.polling || m.used != m.want {
				t.Fatalf("seed %d, end %d: last change %+v, polling %v, %+v in force of %+v", seed, i, last, m.polling, m.used, m.want)
			}
		}
	}
}
