package fault

import (
	"context"
	"errors"
	"os"
)

// DaemonFreeze stops every process of a node's BGP daemon: its connections
// stay open and nothing is said on them any more.
type DaemonFreeze struct{ daemonAt }

// Theory says: the peers wait for a keepalive that does not come, or for a BFD
// packet where the daemon itself sends those (the embedded speaker does).
func (f *DaemonFreeze) Theory(s Setting) Theory { return cutOff(s, f.place.On[0]) }

// Inject freezes the processes and waits until all of their threads have
// stopped.
func (f *DaemonFreeze) Inject(ctx context.Context, w *World) error {
	d, err := f.daemon(w)
	if err != nil {
		return err
	}
	for _, p := range d.Procs() {
		if err := freeze(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// Active says whether all processes are stopped.
func (f *DaemonFreeze) Active(w *World) (bool, error) {
	d, err := f.daemon(w)
	if err != nil {
		return false, err
	}
	for _, p := range d.Procs() {
		if ok, err := frozen(p); !ok || err != nil {
			return false, err
		}
	}
	return len(d.Procs()) > 0, nil
}

// Heal lets the processes go on and waits for the node's sessions.
func (f *DaemonFreeze) Heal(ctx context.Context, w *World) error {
	d, err := f.daemon(w)
	if err != nil {
		return err
	}
	for _, p := range d.Procs() {
		if err := thaw(ctx, p); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	f.awaitSessions(ctx, w)
	return nil
}
