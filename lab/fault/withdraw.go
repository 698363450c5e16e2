package fault

import (
	"context"
	"errors"
	"fmt"

	"anylab/topologies"
)

// Withdraw takes the node's anycast route back as an operator does: the
// service and the sessions live on (RFC 7747 5.6).
type Withdraw struct {
	place Place
}

// Check says whether the place is an anycast node with a service.
func (f *Withdraw) Check(s Setting) error {
	node, err := f.place.node(s, topologies.Anycast)
	if err == nil && len(s.Services[node]) == 0 {
		err = fmt.Errorf("node %s runs no service, so it announces nothing", node)
	}
	return err
}

// Theory: nothing has to be detected, the speaker is told.
func (f *Withdraw) Theory(Setting) Theory {
	return Theory{High: watchLatency, Why: "the speaker is told"}
}

// Inject withdraws what the node's services announce.
func (f *Withdraw) Inject(ctx context.Context, w *World) error {
	for _, s := range w.Running[f.place.On[0]] {
		if err := s.Drain(ctx); err != nil {
			return fmt.Errorf("withdraw %s on %s: %w", s.Name(), s.Node(), err)
		}
	}
	return nil
}

// Active says whether the speaker announces nothing.
func (f *Withdraw) Active(w *World) (bool, error) {
	d, ok := w.Speakers[f.place.On[0]]
	if !ok {
		return false, fmt.Errorf("node %s has no speaker", f.place.On[0])
	}
	return len(d.Announced()) == 0, nil
}

// Heal announces again.
func (f *Withdraw) Heal(ctx context.Context, w *World) error {
	var errs []error
	for _, s := range w.Running[f.place.On[0]] {
		errs = append(errs, s.Undrain(ctx))
	}
	return errors.Join(errs...)
}
