package fault_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"anylab/lab/fault"
)

// wires is a network of ends that are up or down, and of packets that pass or
// not. The rest of a world is missing.
type wires struct {
	fault.Network
	mu      sync.Mutex
	down    map[string]int // end -> how often it was set down
	up      map[string]int
	broken  error // of what is asked of it
	dropped int
}

func (w *wires) Link(name string) (fault.Link, error) { return wire{w, name}, nil }

func (w *wires) Drop(fault.Filter, ...fault.Way) (fault.Dropping, error) {
	if w.broken != nil {
		return nil, w.broken
	}
	w.dropped++
	return w, nil
}

func (w *wires) InEffect() (bool, error) { return w.dropped > 0, nil }

func (w *wires) Remove() error {
	w.dropped = 0
	return nil
}

type wire struct {
	*wires
	name string
}

func (w wire) set(count map[string]int, node string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	count[w.name+" at "+node]++
	return w.broken
}

func (w wire) SetDown(node string) error { return w.set(w.down, node) }
func (w wire) SetUp(node string) error   { return w.set(w.up, node) }

func (w wire) Carrier(string) (bool, error) { return true, nil }

func (w wire) OppositeCarrier(node string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := w.name + " at " + node
	return w.up[end] >= w.down[end], nil
}

// script is a clock whose hands are moved by the test.
type script struct {
	wait    time.Duration // until the next step
	step    func() (time.Duration, bool)
	running bool
}

func (*script) Await(ctx context.Context, _ time.Duration, reached func(context.Context) (bool, error)) (bool, error) {
	return reached(ctx)
}

func (c *script) Later(after time.Duration, step func() (time.Duration, bool)) (stop func()) {
	c.wait, c.step, c.running = after, step, true
	return func() { c.running = false }
}

// tick lets the time until the next step pass, and returns it.
func (c *script) tick() time.Duration {
	waited := c.wait
	c.wait, c.running = c.step()
	return waited
}

func simulated(s fault.Setting, round uint64) (*fault.World, *wires, *script) {
	w, c := &wires{down: map[string]int{}, up: map[string]int{}}, &script{}
	return &fault.World{Setting: s, Network: w, Clock: c, Round: round}, w, c
}

// late is a node on which something is being started while its processes are killed.
type late struct {
	fault.Node
	procs []*mortal
	asked int
}

func (n *late) Procs() []fault.Process {
	if n.asked++; n.asked == 2 {
		n.procs = append(n.procs, &mortal{})
	}
	var list []fault.Process
	for _, p := range n.procs {
		if !p.dead {
			list = append(list, p)
		}
	}
	return list
}

type mortal struct {
	fault.Process
	dead bool
}

func (m *mortal) Signal(s fault.Signal) error {
	m.dead = m.dead || s == fault.Kill
	return nil
}

func (m *mortal) Ended() bool { return m.dead }

// staffed is a network with one node.
type staffed struct {
	*wires
	node *late
}

func (s staffed) Node(string) (fault.Node, error) { return s.node, nil }

// What was being started when the power went is as dead as the rest.
func TestNothingOutlivesAPowerLoss(t *testing.T) {
	s := setting(parse(t, mixed))
	for _, kind := range []string{"power-loss", "reboot"} {
		w, wires, _ := simulated(s, 0)
		node := &late{procs: []*mortal{{}, {}}}
		w.Network, w.Clock = staffed{wires, node}, &patient{}
		in, err := build(t, kind, on("b"), "").Inject(t.Context(), w)
		check(t, err)
		wantActive(t, kind, in, true)
		for i, p := range node.procs {
			if !p.dead || len(node.procs) != 3 {
				t.Errorf("%s: process %d of %d lives", kind, i+1, len(node.procs))
			}
		}
	}
}

// patient looks a few times.
type patient struct{ script }

func (*patient) Await(ctx context.Context, _ time.Duration, reached func(context.Context) (bool, error)) (ok bool, err error) {
	for range 5 {
		if ok, err = reached(ctx); ok || err != nil {
			return ok, err
		}
	}
	return ok, err
}

// One fault is in effect in two worlds, and is healed in each by itself.
func TestOneFaultInTwoWorlds(t *testing.T) {
	s := setting(parse(t, mixed))
	for _, kind := range []string{"blackhole", "link-down", "link-flap"} {
		f := build(t, kind, on("r", "b"), "")
		one, _, _ := simulated(s, 0)
		other, _, _ := simulated(s, 0)
		first, err := f.Inject(t.Context(), one)
		check(t, err)
		second, err := f.Inject(t.Context(), other)
		check(t, err)
		for range 2 { // healing is idempotent
			check(t, first.Heal(t.Context()))
		}
		wantActive(t, kind+" healed", first, false)
		wantActive(t, kind+" elsewhere", second, true)
		check(t, second.Heal(t.Context()))
		wantActive(t, kind+" healed elsewhere", second, false)
	}
}

// A link that flaps in virtual time goes down and up as often as it was told,
// and at times that differ from round to round.
func TestFlapsInVirtualTime(t *testing.T) {
	s := setting(parse(t, mixed))
	f := build(t, "link-flap", on("r", "b"), "period: 1s, duty: 30%, count: 2, random: true")
	var waits [2][]time.Duration
	for round := range waits {
		w, wires, clock := simulated(s, uint64(round))
		in, err := f.Inject(t.Context(), w)
		check(t, err)
		for clock.running {
			waits[round] = append(waits[round], clock.tick())
		}
		if end := "r-b at b"; wires.down[end] != 2 || wires.up[end] != 2 {
			t.Errorf("down %d times, up %d times, want 2", wires.down[end], wires.up[end])
		}
		wantActive(t, "after its last flap", in, true)
		check(t, in.Heal(t.Context()))
	}
	if len(waits[0]) != 3 || waits[0][0] == waits[1][0] {
		t.Errorf("waits of two rounds: %v", waits)
	}
}

// A fault whose injection failed is not in effect, and can be healed.
func TestHealingAfterAFailedInjection(t *testing.T) {
	s := setting(parse(t, mixed))
	for _, kind := range []string{"blackhole", "link-down", "link-flap", "isolate"} {
		at := on("r", "b")
		if kind == "isolate" {
			at = on("b")
		}
		w, wires, _ := simulated(s, 0)
		wires.broken = errors.New("out of order")
		in, err := build(t, kind, at, "").Inject(t.Context(), w)
		if err == nil {
			t.Errorf("%s: injected where nothing works", kind)
		}
		wires.broken = nil
		check(t, in.Heal(t.Context()))
		wantActive(t, kind, in, false)
	}
}

func wantActive(t *testing.T, what string, in fault.Injected, want bool) {
	t.Helper()
	if active, err := in.Active(t.Context()); err != nil || active != want {
		t.Errorf("%s: active %v, %v, want %v", what, active, err, want)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
