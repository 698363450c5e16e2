package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"anylab/lab"
	"anylab/lab/service"
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

	stop func() error // ends the starving; nil if there is none
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

// Theory says: whatever waits for less than the processes are stopped takes the
// node for dead.
func (f *CPUStarve) Theory(s Setting) Theory {
	node, stopped := f.place.On[0], f.halt()
	for _, l := range speakersLinks(s, node) {
		if t := silence(l, lab.TrafficAll); !t.Unbounded && t.High <= stopped {
			return t
		}
	}
	for _, c := range s.Services[node] {
		if fails(c.Health, stopped) {
			return polled(c.Health, c.Health.Timeout)
		}
	}
	return Theory{Unbounded: true, Why: fmt.Sprintf("stopped for %v at a time, the node is slower than every timer is short", stopped)}
}

// fails says whether a whole row of checks surely fails during one stop.
func fails(h service.Health, stopped time.Duration) bool {
	switch h.Kind {
	case "none", "process":
		return false
	}
	return time.Duration(h.Fall)*h.Interval+h.Timeout <= stopped
}

// Inject stops the processes for the first time and leaves the rest to a
// goroutine, which Heal ends.
func (f *CPUStarve) Inject(ctx context.Context, w *World) error {
	n, err := w.Lab.Node(f.place.On[0])
	if err != nil {
		return err
	}
	if err := all(n, syscall.SIGSTOP); err != nil {
		return errors.Join(err, all(n, syscall.SIGCONT))
	}
	starving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var failed error
	var done sync.WaitGroup
	done.Go(func() { failed = f.starve(starving, n) })
	f.stop = sync.OnceValue(func() error {
		cancel()
		done.Wait()
		return failed
	})
	return nil
}

// starve begins with the processes stopped and leaves them running.
func (f *CPUStarve) starve(ctx context.Context, n *lab.Node) error {
	run := f.Slice - f.halt()
	for {
		over := !pause(ctx, f.halt())
		if err := all(n, syscall.SIGCONT); err != nil || over || !pause(ctx, run) {
			return err
		}
		if err := all(n, syscall.SIGSTOP); err != nil {
			return errors.Join(err, all(n, syscall.SIGCONT))
		}
	}
}

// all signals every process of the node; some may be new, or gone.
func all(n *lab.Node, s syscall.Signal) error {
	var errs []error
	for _, p := range n.Procs() {
		if err := signal(p, s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, fmt.Errorf("send %v to %s on %s: %w", s, p.Name(), p.Node(), err))
		}
	}
	return errors.Join(errs...)
}

// Active watches the processes for two slices: in the middle of one they are
// stopped.
func (f *CPUStarve) Active(w *World) (bool, error) {
	n, err := w.Lab.Node(f.place.On[0])
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*f.Slice)
	defer cancel()
	err = await(ctx, func() (bool, error) {
		for _, p := range n.Procs() {
			if stopped, err := frozen(p); stopped && err == nil {
				return true, nil
			}
		}
		return false, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}

// Heal ends the starving and lets all processes run.
func (f *CPUStarve) Heal(_ context.Context, w *World) error {
	if f.stop == nil {
		return nil
	}
	n, err := w.Lab.Node(f.place.On[0])
	if err != nil {
		return err
	}
	err = errors.Join(f.stop(), all(n, syscall.SIGCONT))
	f.stop = nil
	return err
}
