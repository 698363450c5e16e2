package fault

import (
	"context"
	"fmt"
	"time"

	"anylab/lab/bgp"
)

// BFDFreeze stops a node's BFD from sending, while its BGP and all it forwards
// live: a false alarm, as when a process that only does BFD hangs. The peers
// take the node for dead.
type BFDFreeze struct{ daemonAt }

// Check says whether the node has BFD, and a daemon whose BFD can fail alone.
func (f *BFDFreeze) Check(s Setting) error {
	if err := f.daemonAt.Check(s); err != nil {
		return err
	}
	n, _ := s.Topology.Node(f.place.On[0])
	if len(f.watchers(s)) == 0 {
		return fmt.Errorf("node %s has no session with BFD", n.Name)
	}
	if !bgp.MutesBFD(n.Daemon) {
		return fmt.Errorf("node %s: the BFD of %s can't be silenced without its BGP", n.Name, n.Daemon)
	}
	return nil
}

// watchers returns, for each session of the node that has BFD, when its peer
// will have noticed.
func (f *BFDFreeze) watchers(s Setting) []Theory {
	var all []Theory
	for _, l := range speakersLinks(s, f.place.On[0]) {
		if l.BFD != nil {
			all = append(all, bfdTimeout(*l.BFD))
		}
	}
	return all
}

// Theory says: silence, for those peers that listen. BGP comes back at once, since
// it does not wait for BFD.
func (f *BFDFreeze) Theory(s Setting) Theory { return last(f.watchers(s)...) }

// Inject stops the packets.
func (f *BFDFreeze) Inject(ctx context.Context, w *World) error { return f.mute(ctx, w, true) }

// asking is how long a daemon may take to say how its BFD stands.
const asking = 5 * time.Second

// Active asks the daemon whether it is silent: others can't know before the
// detection time has passed.
func (f *BFDFreeze) Active(w *World) (bool, error) {
	d, err := f.daemon(w)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), asking)
	defer cancel()
	return d.BFDMuted(ctx)
}

// Heal lets the packets go on, and waits for the node's sessions.
func (f *BFDFreeze) Heal(ctx context.Context, w *World) error {
	if err := f.mute(ctx, w, false); err != nil {
		return err
	}
	f.awaitSessions(ctx, w)
	return nil
}

func (f *BFDFreeze) mute(ctx context.Context, w *World, mute bool) error {
	d, err := f.daemon(w)
	if err != nil {
		return err
	}
	return d.MuteBFD(ctx, mute)
}
