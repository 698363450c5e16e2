package fault

import (
	"context"
	"fmt"
	"time"

	"anylab/topologies/document"
)

// DaemonRestart stops a node's BGP daemon and starts it again when it is
// healed.
type DaemonRestart struct {
	daemonAt
	// Graceful stops it as if to be back soon: without a NOTIFICATION, so that
	// neighbors keep its routes where graceful restart was negotiated.
	Graceful bool `yaml:"graceful" doc:"say nothing to the neighbors, so that they keep the routes (RFC 4724)"`
}

// Check says whether the daemon and its sessions have what a graceful restart
// needs.
func (f *DaemonRestart) Check(s Setting) error {
	err := f.daemonAt.Check(s)
	if err != nil || !f.Graceful {
		return err
	}
	n, _ := s.Topology.Node(f.place.On[0])
	if err := s.Daemons.Can(n, StopGracefully); err != nil {
		return err
	}
	if restart, _ := f.kept(s); restart == 0 {
		return mistake("graceful", "no session of the node negotiates graceful restart: bgp: {graceful_restart: 120s} in the topology")
	}
	return nil
}

// kept is how long a neighbor keeps the routes at most, and how much longer where
// nobody else has them.
func (f *DaemonRestart) kept(s Setting) (restart, longLived time.Duration) {
	for _, l := range speakersLinks(s, f.place.On[0]) {
		_, ear := l.Of(f.place.On[0])
		w := s.Daemons.Watch(l, ear.Node)
		restart, longLived = max(restart, w.Kept), max(longLived, w.LongKept)
	}
	return restart, longLived
}

// Declare says: the peers are told, or see the connection's end. What follows from
// it is another matter: after a graceful stop, nothing for the restart time.
func (f *DaemonRestart) Declare(s Setting) Declaration {
	t := atOnce(SessionEnd, "the daemon tells its peers that it stops")
	switch node := f.place.On[0]; {
	case s.Topology.Membership(node) != nil:
		t = atOnce(Withdrawal, "the daemon says so before it stops, and takes the address off its interface")
	case f.Graceful:
		restart, longLived := f.kept(s)
		t = atOnce(SessionEnd, "the kernel closes the daemon's TCP connections; the peers keep its routes for %v all the same (RFC 4724 4.2)", document.Duration(restart))
		if longLived > 0 {
			t.Why += fmt.Sprintf(", and where nobody else has them for %v more (RFC 9494 4.2)", document.Duration(longLived))
		}
		if f.keeps(s) {
			t.Told = Nothing // that would move traffic
		}
	}
	return f.declare(t)
}

// Inject stops the daemon and waits for the end of its processes. Healing starts
// it again, with what it announced, and waits for its sessions.
func (f *DaemonRestart) Inject(ctx context.Context, w *World) (Injected, error) {
	node := f.place.On[0]
	d, err := w.speaker(node)
	if err != nil {
		return Injected{}, err
	}
	stopped := down(d)
	in := Injected{active: stopped.active, heal: func(ctx context.Context) error {
		if !stopped.down {
			return nil
		}
		err := stopped.heal(ctx)
		if err == nil {
			w.awaitSessions(ctx, node)
		}
		return err
	}}
	return in, d.Stop(ctx, f.Graceful)
}
