package fault

import (
	"context"
	"fmt"
	"slices"
	"time"

	"anylab/lab/bgp"
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

func (f *daemonAt) daemon(w *World) (*bgp.Daemon, error) {
	d, ok := w.Speakers[f.place.On[0]]
	if !ok {
		return nil, fmt.Errorf("node %s has no speaker", f.place.On[0])
	}
	return d, nil
}

// gone says whether all processes of the daemon have ended.
func (f *daemonAt) gone(w *World) (bool, error) {
	d, err := f.daemon(w)
	if err != nil {
		return false, err
	}
	for _, p := range d.Procs() {
		if !ended(p) {
			return false, nil
		}
	}
	return true, nil
}

// revive starts the daemon again, with what it announced, if it is gone.
func (f *daemonAt) revive(ctx context.Context, w *World) (revived bool, err error) {
	gone, err := f.gone(w)
	if err != nil || !gone {
		return false, err
	}
	d, err := f.daemon(w)
	if err != nil {
		return false, err
	}
	err = d.Restart(ctx)
	return err == nil, err
}

// sessionsBack bounds the wait for a node's sessions. An embedded speaker's
// peer that keeps routes for a graceful restart lets it back after 5 s.
const sessionsBack = 15 * time.Second

// awaitSessions waits until all sessions of the node are up, at both ends: the
// end that restarted may be ready a while before the other knows. Another
// fault may keep one of them down, so that its absence is not an error here:
// whether the lab recovers is seen by all that depends on it.
func (f *daemonAt) awaitSessions(ctx context.Context, w *World) {
	ctx, cancel := context.WithTimeout(ctx, sessionsBack)
	defer cancel()
	_ = await(ctx, func() (bool, error) {
		for name, d := range w.Speakers {
			if !up(ctx, d, name, f.place.On[0]) {
				return false, nil
			}
		}
		return true, nil
	})
}

// up says whether the sessions of the speaker called name are established,
// as far as they concern the node.
func up(ctx context.Context, d *bgp.Daemon, name, node string) bool {
	peers, err := d.Peers(ctx)
	if err != nil {
		return name != node
	}
	return !slices.ContainsFunc(peers, func(p bgp.Peer) bool {
		return (name == node || p.Node == node) && p.State != bgp.Established
	})
}
