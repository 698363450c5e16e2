package fault

import "context"

// DaemonFreeze stops every process of a node's BGP daemon: its connections
// stay open and nothing is said on them any more.
type DaemonFreeze struct{ daemonAt }

// Check says whether the node has a daemon that can be frozen.
func (f *DaemonFreeze) Check(s Setting) error {
	if err := f.daemonAt.Check(s); err != nil {
		return err
	}
	n, _ := s.Topology.Node(f.place.On[0])
	return s.Daemons.Can(n, Freeze)
}

// Usual says: daemons freeze.
func (f *DaemonFreeze) Usual() Usual { return Usual{Of: DaemonPart, Does: "freezes"} }

// Declare says: the peers wait for a keepalive that does not come, or for a BFD
// packet where the daemon itself sends those (the embedded speaker does).
func (f *DaemonFreeze) Declare(s Setting) Declaration {
	t := cutOff(s, f.place.On[0])
	t.Shape = "" // not known: its threads stop one after the other
	if t.Told == Silence {
		t.Told = SessionEnd // the kernel still takes the peer's NOTIFICATION, which is seen
	}
	d := f.declare(t)
	d.Changes = append(d.Changes, stopping(daemonOf(f.place.On[0])))
	return d
}

// Inject freezes the processes and waits until all of their threads have
// stopped. Healing lets them go on and waits for the node's sessions.
func (f *DaemonFreeze) Inject(ctx context.Context, w *World) (Injected, error) {
	node := f.place.On[0]
	d, err := w.speaker(node)
	if err != nil {
		return Injected{}, err
	}
	in := Injected{
		active: func(context.Context) (bool, error) { return allFrozen(d.Procs()) },
		heal: func(ctx context.Context) error {
			for _, p := range d.Procs() {
				if err := thaw(ctx, w, p); err != nil {
					return err
				}
			}
			w.awaitSessions(ctx, node)
			return nil
		},
	}
	for _, p := range d.Procs() {
		if err := freeze(ctx, w, p); err != nil {
			return in, err
		}
	}
	return in, nil
}

func allFrozen(procs []Process) (bool, error) {
	for _, p := range procs {
		if ok, err := frozen(p); !ok || err != nil {
			return false, err
		}
	}
	return len(procs) > 0, nil
}
