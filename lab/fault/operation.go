package fault

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"anylab/topologies"
)

// operation is the part that faults share which an operator commits: they
// change what an anycast node announces, and nothing breaks.
type operation struct{ place Place }

// Check says whether the place is an anycast node with a service.
func (f *operation) Check(s Setting) error {
	node, err := f.place.node(s, topologies.Anycast)
	if err == nil && len(s.Services[node]) == 0 {
		err = fmt.Errorf("node %s runs no service, so it announces nothing", node)
	}
	if err != nil {
		return err
	}
	for _, c := range s.Services[node] {
		if c.Health.Kind == "loop" {
			return fmt.Errorf("what node %s announces is the business of service %s's own health checker", node, c.Name)
		}
	}
	return s.asked(node)
}

// mayMark says whether the node's daemon can announce with other attributes.
func (f *operation) mayMark(s Setting) error {
	if err := f.Check(s); err != nil {
		return err
	}
	n, _ := s.Topology.Node(f.place.On[0])
	return s.Daemons.Can(n, ChangeAttributes)
}

// committed is what all of them declare: nothing has to be detected.
func (f *operation) committed(told Told) Declaration {
	return Declaration{
		Theory:  atOnce(told, "nothing has to be detected: the speaker is told"),
		Changes: []string{"what " + f.place.On[0] + " announces"},
	}
}

// mark sets the attributes of what the node announces.
func (f *operation) mark(ctx context.Context, w *World, a Attributes) error {
	d, err := w.speaker(f.place.On[0])
	if err != nil {
		return err
	}
	return d.SetAttributes(ctx, a, f.prefixes(w)...)
}

// prefixes lists what the node's services announce.
func (f *operation) prefixes(w *World) []netip.Prefix {
	var list []netip.Prefix
	for _, s := range w.Services[f.place.On[0]] {
		for _, p := range s.Prefixes {
			if !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	return list
}

// marked says whether what the node announces has attributes of its own.
func (f *operation) marked(w *World) (bool, error) {
	d, err := w.speaker(f.place.On[0])
	if err != nil {
		return false, err
	}
	for _, p := range f.prefixes(w) {
		if d.Plain(p) {
			return false, nil
		}
	}
	return true, nil
}

// withdraw takes back what the node's services announce.
func (f *operation) withdraw(ctx context.Context, w *World) error {
	for _, s := range w.Running[f.place.On[0]] {
		if err := s.Drain(ctx); err != nil {
			return fmt.Errorf("withdraw %s on %s: %w", s.Name(), f.place.On[0], err)
		}
	}
	return nil
}

// announce lets the node's services be announced again.
func (f *operation) announce(ctx context.Context, w *World) error {
	var errs []error
	for _, s := range w.Running[f.place.On[0]] {
		errs = append(errs, s.Undrain(ctx))
	}
	return errors.Join(errs...)
}

// announces says whether the node announces anything.
func (f *operation) announces(w *World) (bool, error) {
	d, err := w.speaker(f.place.On[0])
	if err != nil {
		return false, err
	}
	return len(d.Announced()) > 0, nil
}
