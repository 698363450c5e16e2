package fault

import (
	"context"
	"fmt"

	"anylab/lab"
)

// AddressRemoved takes the anycast addresses from a node while its route is
// still announced: a black hole of the operator's own making, for as long as
// nobody notices.
type AddressRemoved struct {
	serviceAt `yaml:",inline"`
}

// Theory says: a check that asks over the address fails at once, for the node has
// no way to an address that it just had itself.
func (f *AddressRemoved) Theory(s Setting) Theory {
	c, err := f.config(s)
	if err != nil || c.Health.Kind == "process" {
		return Theory{Unbounded: true, Why: "the process lives, so watching it shows nothing"}
	}
	return polled(c.Health, 0)
}

func (f *AddressRemoved) node(w *World) (*lab.Node, error) { return w.Lab.Node(f.place.On[0]) }

// Inject removes the addresses.
func (f *AddressRemoved) Inject(_ context.Context, w *World) error {
	n, err := f.node(w)
	if err != nil {
		return err
	}
	return n.RemoveAnycast()
}

// Active says whether the node has none of the addresses.
func (f *AddressRemoved) Active(w *World) (bool, error) {
	n, err := f.node(w)
	if err != nil {
		return false, err
	}
	has, err := n.HasAnycast()
	if all := len(w.Topology.Anycast); has != 0 && has != all {
		err = fmt.Errorf("node %s has %d of %d anycast addresses", n.Name, has, all)
	}
	return has == 0, err
}

// Heal puts the addresses back.
func (f *AddressRemoved) Heal(ctx context.Context, w *World) error {
	n, err := f.node(w)
	if err != nil {
		return err
	}
	return n.RestoreAnycast(ctx)
}
