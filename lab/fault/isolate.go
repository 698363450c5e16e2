package fault

import (
	"context"
	"errors"
	"fmt"

	"anylab/lab"
)

// Isolate sets all links of a node down at its own end: the node lives, and
// nobody reaches it.
type Isolate struct {
	place Place
}

// Check says whether the place is a node with links.
func (f *Isolate) Check(s Setting) error {
	node, err := f.place.node(s, "")
	if err == nil && len(s.Topology.LinksOf(node)) == 0 {
		err = fmt.Errorf("node %s has no links", node)
	}
	return err
}

// Theory says: the far ends lose their carriers, except behind a switch or a hop.
func (f *Isolate) Theory(s Setting) Theory {
	var all []Theory
	for _, l := range speakersLinks(s, f.place.On[0]) {
		if l.Parted() {
			all = append(all, silence(l, lab.TrafficAll))
		} else {
			all = append(all, carrierLoss())
		}
	}
	return last(all...)
}

// Inject sets the ends down, one after the other.
func (f *Isolate) Inject(_ context.Context, w *World) error {
	return f.each(w, (*lab.Link).SetDown)
}

func (f *Isolate) each(w *World, do func(l *lab.Link, node string) error) error {
	node := f.place.On[0]
	var errs []error
	for _, t := range w.Topology.LinksOf(node) {
		l, err := w.Lab.Link(t.Name)
		if err == nil {
			err = do(l, node)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Active says whether no cable of the node has a carrier at its other end.
func (f *Isolate) Active(w *World) (bool, error) {
	up, err := f.reachable(w)
	return up == 0 && err == nil, err
}

// reachable counts the links whose cable has a carrier.
func (f *Isolate) reachable(w *World) (int, error) {
	up := 0
	err := f.each(w, func(l *lab.Link, node string) error {
		carrier, err := l.OppositeCarrier(node)
		if carrier {
			up++
		}
		return err
	})
	return up, err
}

// Heal sets the ends up and waits for all carriers.
func (f *Isolate) Heal(ctx context.Context, w *World) error {
	if err := f.each(w, (*lab.Link).SetUp); err != nil {
		return err
	}
	return await(ctx, func() (bool, error) {
		up, err := f.reachable(w)
		return up == len(w.Topology.LinksOf(f.place.On[0])), err
	})
}
