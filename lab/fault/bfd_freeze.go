package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	return bgp.Can(n, bgp.SilenceBFD)
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

// Inject stops the packets: the process for BFD alone is frozen where there is
// one, else the daemon is told.
func (f *BFDFreeze) Inject(ctx context.Context, w *World) error { return f.mute(ctx, w, true) }

// asking is how long a daemon may take to say how its BFD stands.
const asking = 5 * time.Second

// Active looks whether the process is stopped, or asks the daemon whether it is
// silent: others can't know before the detection time has passed.
func (f *BFDFreeze) Active(w *World) (bool, error) {
	d, err := f.daemon(w)
	if err != nil {
		return false, err
	}
	if p := d.BFDProc(); p != nil {
		return frozen(p)
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
	p := d.BFDProc()
	switch {
	case p == nil:
		return d.MuteBFD(ctx, mute)
	case mute:
		return freeze(ctx, p)
	}
	if err := thaw(ctx, p); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil // there is nothing left to thaw
}
