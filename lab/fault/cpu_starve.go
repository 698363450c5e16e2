package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"anylab/topologies/document"
)

// CPUStarve leaves a node's processes a share of the time: all of them are
// stopped and continued in turn, once in each slice.
//
// A CPU quota would need a cgroup of the sandbox's own, which it may not make
// without root, and programs that burn the CPU would starve the probes and
// observers as well, on the same machine: the measurement would suffer from
// what it measures. Stopping starves the node and nobody else. As under a
// quota of cpu.max, the node runs at full speed for a while and then not at
// all. What the kernel does for the node, forwarding included, goes on.
type CPUStarve struct {
	place Place
	Share document.Percent `yaml:"share" default:"10%" doc:"the part of the time that the node's processes run"`
	Slice time.Duration    `yaml:"slice" default:"100ms" min:"1ms" max:"1m" doc:"from one stop to the next"`
}

// Check says whether the place is a node that runs something.
func (f *CPUStarve) Check(s Setting) error {
	if f.Share <= 0 || f.Share >= 1 {
		return mistake("share", "it must be more than 0%% and less than 100%%")
	}
	node, err := f.place.node(s, "")
	if err != nil {
		return err
	}
	if n, _ := s.Topology.Node(node); n.Daemon == "" && len(s.Services[node]) == 0 {
		return fmt.Errorf("node %s runs no process", node)
	}
	return nil
}

// halt is how long the processes are stopped in each slice.
func (f *CPUStarve) halt() time.Duration {
	return time.Duration(float64(f.Slice) * (1 - float64(f.Share)))
}

// Declare says: whatever waits for less than the processes are stopped takes the
// node for dead.
func (f *CPUStarve) Declare(s Setting) Declaration {
	node := f.place.On[0]
	d := Declaration{Theory: f.theory(s), Changes: []string{stopping(daemonOf(node))}}
	for _, c := range s.Services[node] {
		d.Changes = append(d.Changes, stopping(serviceOf(c.Name, node)))
	}
	return d
}

func (f *CPUStarve) theory(s Setting) Theory {
	node, stopped := f.place.On[0], f.halt()
	for _, l := range speakersLinks(s, node) {
		_, ear := l.Of(node)
		if t := silence(s, l, ear.Node, All); !t.Unbounded && t.High <= stopped {
			t.Told = SessionEnd // the kernel still takes the peer's NOTIFICATION, which is seen
			return t
		}
	}
	for _, c := range s.Services[node] {
		if fails(c.Health, stopped) {
			return polled(c.Health, c.Health.Timeout)
		}
	}
	return never("stopped for %v at a time, the node is slower than every timer is short", document.Duration(stopped))
}

// fails says whether a whole row of checks surely fails during one stop.
func fails(h Health, stopped time.Duration) bool {
	switch h.Kind {
	case "none", "process":
		return false
	}
	return time.Duration(h.Fall)*h.Interval+h.Timeout <= stopped
}

// Inject stops the processes for the first time and leaves the rest to the clock,
// until it is healed.
func (f *CPUStarve) Inject(_ context.Context, w *World) (Injected, error) {
	n, err := w.Node(f.place.On[0])
	if err != nil {
		return Injected{}, err
	}
	if err := each(n.Procs(), Stop); err != nil {
		return Injected{}, errors.Join(err, each(n.Procs(), Continue))
	}
	b := &busy{f: f, w: w, node: n}
	b.stop = w.Later(f.halt(), b.turn)
	return Injected{active: b.active, heal: b.heal}, nil
}

// busy is a node that is starved.
type busy struct {
	f       *CPUStarve
	w       *World
	node    Node
	running bool  // just now
	failed  error // to signal its processes
	stop    func()
	healed  bool
}

// turn lets the processes run, or stops them. Some may be new, or gone.
func (b *busy) turn() (time.Duration, bool) {
	b.running = !b.running
	next, signal := b.f.halt(), Stop
	if b.running {
		next, signal = b.f.Slice-b.f.halt(), Continue
	}
	b.failed = each(b.node.Procs(), signal)
	return next, b.failed == nil
}

// active watches the processes for two slices: in the middle of one they are
// stopped.
func (b *busy) active(ctx context.Context) (bool, error) {
	return b.w.Await(ctx, 2*b.f.Slice, func(context.Context) (bool, error) {
		for _, p := range b.node.Procs() {
			if stopped, err := frozen(p); stopped && err == nil {
				return true, nil
			}
		}
		return false, nil
	})
}

// heal ends the starving and lets all processes run.
func (b *busy) heal(context.Context) error {
	if b.healed {
		return nil
	}
	b.stop()
	err := errors.Join(b.failed, each(b.node.Procs(), Continue))
	b.healed = true
	return err
}
