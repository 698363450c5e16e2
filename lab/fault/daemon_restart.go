package fault

import (
	"context"
	"fmt"
	"time"

	"anylab/lab/bgp"
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
	if err := bgp.Can(n, bgp.StopGracefully); err != nil {
		return err
	}
	if f.kept(s) == 0 {
		return mistake("graceful", "no session of the node negotiates graceful restart: bgp: {graceful_restart: 120s} in the topology")
	}
	return nil
}

// kept is how long a neighbor keeps the routes at most.
func (f *DaemonRestart) kept(s Setting) time.Duration {
	var longest time.Duration
	for _, l := range speakersLinks(s, f.place.On[0]) {
		longest = max(longest, l.BGP.Restart)
	}
	return longest
}

// Theory says: the peers are told, or see the connection's end. What follows from
// it is another matter: after a graceful stop, nothing for the restart time.
func (f *DaemonRestart) Theory(s Setting) Theory {
	if f.Graceful {
		return Theory{High: watchLatency, Why: fmt.Sprintf(
			"the kernel closes the daemon's TCP connections; the peers keep its routes for %v all the same (RFC 4724 4.2)", f.kept(s))}
	}
	return Theory{High: watchLatency, Why: "the daemon tells its peers that it stops"}
}

// Inject stops the daemon and waits for the end of its processes.
func (f *DaemonRestart) Inject(ctx context.Context, w *World) error {
	d, err := f.daemon(w)
	if err != nil {
		return err
	}
	return d.Stop(ctx, f.Graceful)
}

// Active says whether all processes have ended.
func (f *DaemonRestart) Active(w *World) (bool, error) { return f.gone(w) }

// Heal starts the daemon again, with what it announced, and waits for its
// sessions.
func (f *DaemonRestart) Heal(ctx context.Context, w *World) error {
	revived, err := f.revive(ctx, w)
	if revived {
		f.awaitSessions(ctx, w)
	}
	return err
}
