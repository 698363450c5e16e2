package fault

import (
	"context"
	"fmt"
)

// AddressRemoved takes the anycast addresses from a node while its route is
// still announced: a black hole of the operator's own making, for as long as
// nobody notices.
type AddressRemoved struct {
	serviceAt `yaml:",inline"`
}

// Check says whether somebody asks the addresses.
func (f *AddressRemoved) Check(s Setting) error {
	if err := f.serviceAt.Check(s); err != nil {
		return err
	}
	if node := f.place.On[0]; s.Topology.Membership(node) != nil {
		return fmt.Errorf("the VRRP of %s puts its anycast addresses on the segment and takes them off: withdraw makes it give them away", node)
	}
	return s.asked(f.place.On[0])
}

// Declare says: a check that asks over the address fails at once, for the node has
// no way to an address that it just had itself.
func (f *AddressRemoved) Declare(s Setting) Declaration {
	c, _ := f.config(s)
	t := polled(c.Health, 0)
	if c.Health.Kind == "process" {
		t = never("the process lives, so watching it shows nothing")
	}
	return Declaration{Theory: t, Silences: true, Service: c.Name, Changes: []string{anycastAddressesOf(f.place.On[0])}}
}

// Inject removes the addresses.
func (f *AddressRemoved) Inject(ctx context.Context, w *World) (Injected, error) {
	node := f.place.On[0]
	n, err := w.Node(node)
	if err != nil {
		return Injected{}, err
	}
	in := Injected{
		active: func(context.Context) (bool, error) {
			has, err := n.HasAnycast()
			if all := len(w.Topology.Anycast); err == nil && has != 0 && has != all {
				err = fmt.Errorf("node %s has %d of %d anycast addresses", node, has, all)
			}
			return has == 0 && err == nil, err
		},
		heal: func(ctx context.Context) error { return n.SetAnycast(ctx, true) },
	}
	return in, n.SetAnycast(ctx, false)
}
