package fault

import (
	"context"
	"fmt"
	"slices"

	"anylab/lab/bgp"
	"anylab/topologies"
)

// daemonAt is the part that faults of a node's BGP daemon share: which node
// it is, and how to reach its daemon.
type daemonAt struct{ place Place }

// Check says whether the place is a node with a speaker.
func (f *daemonAt) Check(s Setting) error {
	node, err := f.place.node(s, "")
	if err != nil {
		return err
	}
	if n, _ := s.Topology.Node(node); n.Daemon == "" {
		return fmt.Errorf("node %s is a %s and runs no BGP daemon", node, n.Role)
	}
	return nil
}

// sessions returns the links over which the node's daemon has sessions.
func (f *daemonAt) sessions(s Setting) []topologies.Link {
	links := s.Topology.LinksOf(f.place.On[0])
	return slices.DeleteFunc(links, func(l topologies.Link) bool {
		_, far := l.Of(f.place.On[0])
		n, _ := s.Topology.Node(far.Node)
		return n.Daemon == ""
	})
}

func (f *daemonAt) daemon(w *World) (*bgp.Daemon, error) {
	d, ok := w.Speakers[f.place.On[0]]
	if !ok {
		return nil, fmt.Errorf("node %s has no speaker", f.place.On[0])
	}
	return d, nil
}

// established waits until all sessions of the node are up, at both ends: the
// end that restarted may be ready a while before the other knows.
func (f *daemonAt) established(ctx context.Context, w *World) error {
	node := f.place.On[0]
	return await(ctx, func() (bool, error) {
		for name, d := range w.Speakers {
			peers, err := d.Peers(ctx)
			if err != nil {
				return false, err
			}
			for _, p := range peers {
				if (name == node || p.Node == node) && p.State != bgp.Established {
					return false, nil
				}
			}
		}
		return true, nil
	})
}
