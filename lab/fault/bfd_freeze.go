package fault

import (
	"context"
	"fmt"
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
	return s.Daemons.Can(n, SilenceBFD)
}

// watchers returns, for each session of the node that has BFD, when its peer
// will have noticed.
func (f *BFDFreeze) watchers(s Setting) []Theory {
	var all []Theory
	for _, l := range speakersLinks(s, f.place.On[0]) {
		if _, ear := l.Of(f.place.On[0]); hasBFD(s, l) {
			t := silence(s, l, ear.Node, BFDPackets)
			if s.Daemons.Watch(l, ear.Node).BFD.Echo {
				t = never("not known: the kernel of %s goes on sending echo packets back", f.place.On[0])
			}
			all = append(all, t)
		}
	}
	return all
}

// Declare says: silence, for those peers that listen. BGP comes back at once, since
// it does not wait for BFD.
func (f *BFDFreeze) Declare(s Setting) Declaration { return f.declare(last(f.watchers(s)...)) }

// Inject stops the packets: the process for BFD alone is frozen where there is
// one, else the daemon is told. Healing lets them go on, and waits for the node's
// sessions.
func (f *BFDFreeze) Inject(ctx context.Context, w *World) (Injected, error) {
	node := f.place.On[0]
	d, err := w.speaker(node)
	if err != nil {
		return Injected{}, err
	}
	in := Injected{
		active: func(ctx context.Context) (bool, error) { return muted(ctx, d) },
		heal: func(ctx context.Context) error {
			if err := mute(ctx, w, d, false); err != nil {
				return err
			}
			w.awaitSessions(ctx, node)
			return nil
		},
	}
	return in, mute(ctx, w, d, true)
}

func mute(ctx context.Context, w *World, d BFD, silent bool) error {
	p := d.BFDProc()
	switch {
	case p == nil:
		return d.MuteBFD(ctx, silent)
	case silent:
		return freeze(ctx, w, p)
	}
	return thaw(ctx, w, p)
}

// muted looks whether the process is stopped, or asks the daemon whether it is
// silent: others can't know before the detection time has passed.
func muted(ctx context.Context, d BFD) (bool, error) {
	if p := d.BFDProc(); p != nil {
		return frozen(p)
	}
	return d.BFDMuted(ctx)
}
