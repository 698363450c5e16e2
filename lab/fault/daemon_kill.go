package fault

import "context"

// DaemonKill kills every process of a node's BGP daemon. The kernel closes
// their sessions, and keeps the routes that they wrote.
type DaemonKill struct{ daemonAt }

// Theory says: the peer hears the end of the TCP connection.
func (f *DaemonKill) Theory(Setting) Theory {
	return Theory{High: watchLatency, Why: "the kernel closes the daemon's TCP connections"}
}

// Inject kills the processes and waits for their end.
func (f *DaemonKill) Inject(ctx context.Context, w *World) error {
	d, err := f.daemon(w)
	if err != nil {
		return err
	}
	for _, p := range d.Procs() {
		if err := kill(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// Active says whether all processes have ended.
func (f *DaemonKill) Active(w *World) (bool, error) { return f.gone(w) }

// Heal starts the daemon again, with what it announced.
func (f *DaemonKill) Heal(ctx context.Context, w *World) error {
	_, err := f.revive(ctx, w)
	return err
}
