package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"anylab/lab"
	"anylab/lab/service"
	"anylab/topologies"
)

// PowerLoss takes the power from a node. Its links fall silent first, both
// ways: the kernel would close the sockets of killed processes with a FIN,
// which a dead machine can't send. Then its processes are killed, and its
// health checkers halt with them.
//
// The carriers stay. Where a node's power also takes the light from its
// cables, isolate shows what that changes.
type PowerLoss struct {
	place Place
	role  topologies.Role
	cold  bool // it comes back as from a boot: nothing is left in the kernel's tables
	dark  bool // from Inject until Heal has ended well
	dropping
}

// Check says whether the place is a node of the fault's role.
func (f *PowerLoss) Check(s Setting) error {
	_, err := f.place.node(s, f.role)
	return err
}

// Theory says: silence on all links.
func (f *PowerLoss) Theory(s Setting) Theory {
	t := cutOff(s, f.place.On[0])
	if links := speakersLinks(s, f.place.On[0]); len(links) == 1 {
		t = shaped(s, links[0], lab.TrafficAll, 1, t)
	}
	return t
}

// Inject drops, halts and kills, and leaves it to Active to see the processes
// gone: the node's silence is the moment that counts.
func (f *PowerLoss) Inject(_ context.Context, w *World) error {
	n, err := w.Lab.Node(f.place.On[0])
	if err != nil {
		return err
	}
	f.dark = true
	if f.drop, err = n.Drop(lab.Filter{}); err != nil {
		return err
	}
	// Halted before the kill, or a checker would still see its service die.
	for _, s := range w.Running[n.Name] {
		s.Halt()
	}
	for _, p := range n.Procs() {
		if err := signal(p, syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("kill %s on %s: %w", p.Name(), p.Node(), err)
		}
	}
	return nil
}

// reaping is how long killed processes may take until they are gone.
const reaping = 5 * time.Second

// Active says whether the node is silent and none of its processes lives.
func (f *PowerLoss) Active(w *World) (bool, error) {
	silent, err := f.active()
	if err != nil || !silent {
		return false, err
	}
	n, err := w.Lab.Node(f.place.On[0])
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), reaping)
	defer cancel()
	for _, p := range n.Procs() {
		select {
		case <-p.Done():
		case <-ctx.Done():
			return false, nil
		}
	}
	return true, nil
}

// Heal gives the power back: the kernel first, then the daemon, then the
// services, which announce the address once they are healthy.
func (f *PowerLoss) Heal(ctx context.Context, w *World) error {
	if !f.dark {
		return nil
	}
	dead, err := f.Active(w)
	if err == nil && dead && f.cold {
		err = f.flush(w)
	}
	if err := errors.Join(err, f.remove()); err != nil {
		return err
	}
	if err := f.startDaemon(ctx, w); err != nil {
		return err
	}
	if err := f.startServices(ctx, w); err != nil {
		return err
	}
	f.dark = false
	return nil
}

func (f *PowerLoss) flush(w *World) error {
	n, err := w.Lab.Node(f.place.On[0])
	if err != nil {
		return err
	}
	return n.Flush()
}

// startDaemon starts the daemon anew, without what the node's services had it
// announce: they do so themselves when they are back.
func (f *PowerLoss) startDaemon(ctx context.Context, w *World) error {
	node := f.place.On[0]
	d, ok := w.Speakers[node]
	if !ok {
		return nil // a client has none
	}
	for _, p := range d.Procs() {
		if !ended(p) {
			return nil
		}
	}
	for _, c := range w.Services[node] {
		_ = d.Withdraw(ctx, c.Prefixes...) // an error: it is dead; but it remembers
	}
	return d.Restart(ctx)
}

func (f *PowerLoss) startServices(ctx context.Context, w *World) error {
	var errs []error
	for _, s := range w.Running[f.place.On[0]] {
		errs = append(errs, start(ctx, s))
	}
	return errors.Join(errs...)
}

func start(ctx context.Context, s *service.Service) error {
	if err := s.Restart(ctx); err != nil {
		return err
	}
	s.Resume(ctx)
	return nil
}
