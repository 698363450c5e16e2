package fault

import "context"

// DaemonKill kills every process of a node's BGP daemon. The kernel closes
// their sessions, and keeps the routes that they wrote.
type DaemonKill struct{ daemonAt }

// Usual says: daemons die.
func (f *DaemonKill) Usual() Usual { return Usual{Of: DaemonPart, Does: "dies"} }

// Declare says: the peer hears the end of the TCP connection. VRRP has none: there
// the others miss advertisements, while the address stays on the node's interface.
func (f *DaemonKill) Declare(s Setting) Declaration {
	t := atOnce(SessionEnd, "the kernel closes the daemon's TCP connections")
	switch node := f.place.On[0]; {
	case s.Topology.Membership(node) != nil:
		t = cutOff(s, node)
		t.Why += "; until then " + node + " answers, for nobody takes the address off its interface"
	case f.keeps(s):
		t.Told = Nothing // that would move traffic
	}
	d := f.declare(t)
	d.Ends = true
	return d
}

// Inject kills the processes and waits for their end. Healing starts the daemon
// again, with what it announced.
func (f *DaemonKill) Inject(ctx context.Context, w *World) (Injected, error) {
	d, err := w.speaker(f.place.On[0])
	if err != nil {
		return Injected{}, err
	}
	dead := down(d)
	in := Injected{active: dead.active, heal: dead.heal}
	for _, p := range d.Procs() {
		if err := kill(ctx, w, p); err != nil {
			return in, err
		}
	}
	return in, nil
}
