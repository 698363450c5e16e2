package fault

import (
	"context"
	"errors"
	"fmt"
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

// Declare says: the far ends lose their carriers, except behind a switch or a hop.
func (f *Isolate) Declare(s Setting) Declaration {
	node := f.place.On[0]
	var all []Theory
	for _, l := range speakersLinks(s, node) {
		all = append(all, unplugged(s, l, node))
	}
	d := Declaration{Theory: last(all...), Silences: true}
	for _, l := range s.Topology.LinksOf(node) {
		d.Changes = append(d.Changes, linkEnd(l.Name, node))
	}
	return d
}

// Inject sets the ends down, one after the other. Healing sets them up and waits
// for all carriers.
func (f *Isolate) Inject(_ context.Context, w *World) (Injected, error) {
	node := f.place.On[0]
	links, err := f.links(w)
	if err != nil {
		return Injected{}, err
	}
	in := Injected{
		active: func(context.Context) (bool, error) {
			up, err := reachable(links, node)
			return up == 0 && err == nil, err
		},
		heal: func(ctx context.Context) error {
			if err := ends(links, node, Link.SetUp); err != nil {
				return err
			}
			return w.await(ctx, func() (bool, error) {
				up, err := reachable(links, node)
				return up == len(links), err
			})
		},
	}
	return in, ends(links, node, Link.SetDown)
}

func (f *Isolate) links(w *World) ([]Link, error) {
	var links []Link
	for _, t := range w.Topology.LinksOf(f.place.On[0]) {
		l, err := w.Link(t.Name)
		if err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	return links, nil
}

// ends does something to the node's ends of all links.
func ends(links []Link, node string, do func(l Link, node string) error) error {
	var errs []error
	for _, l := range links {
		errs = append(errs, do(l, node))
	}
	return errors.Join(errs...)
}

// reachable counts the links whose cable has a carrier at its other end.
func reachable(links []Link, node string) (int, error) {
	up := 0
	err := ends(links, node, func(l Link, node string) error {
		carrier, err := l.OppositeCarrier(node)
		if carrier {
			up++
		}
		return err
	})
	return up, err
}
