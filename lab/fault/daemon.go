package fault

import (
	"context"
	"fmt"
	"slices"
	"time"
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

// declare completes the theory.
func (f *daemonAt) declare(t Theory) Declaration {
	return Declaration{Theory: t, Changes: []string{daemonOf(f.place.On[0])}}
}

// keeps says whether all neighbors keep the node's routes when a connection ends
// without a word (RFC 4724 4.2).
func (f *daemonAt) keeps(s Setting) bool {
	links := speakersLinks(s, f.place.On[0])
	for _, l := range links {
		if _, ear := l.Of(f.place.On[0]); s.Daemons.Watch(l, ear.Node).Kept == 0 {
			return false
		}
	}
	return len(links) > 0
}

func (w *World) speaker(node string) (Speaker, error) {
	d, ok := w.Speakers[node]
	if !ok {
		return nil, fmt.Errorf("node %s has no speaker", node)
	}
	return d, nil
}

// downed is a daemon whose processes are ended, until it is healed.
type downed struct {
	Daemon
	down   bool
	victim Process // the process that speaks BGP, as it was
}

func down(d Daemon) *downed { return &downed{d, true, speaking(d)} }

// speaking returns the process that speaks BGP, nil if there is none.
func speaking(d Daemon) Process {
	if procs := d.Procs(); len(procs) > 0 {
		return procs[0]
	}
	return nil
}

func (d *downed) active(context.Context) (bool, error) { return ended(d.Procs()), nil }

// heal starts the daemon again, with what it announced. What the fault told to
// end may not have ended yet, or not all of it.
func (d *downed) heal(ctx context.Context) error {
	if now := speaking(d); now != nil && now != d.victim && !now.Ended() {
		d.down = false // a supervisor was faster
	}
	if !d.down {
		return nil
	}
	err := d.Restart(ctx)
	d.down = err != nil
	return err
}

// sessionsBack bounds the wait for a node's sessions, beyond what the topology has their
// ends wait. An embedded speaker's peer that keeps routes for a graceful restart lets it
// back after 5 s.
const sessionsBack = 15 * time.Second

// awaitSessions waits until all sessions of the node are up, at both ends: the
// end that restarted may be ready a while before the other knows. Another
// fault may keep one of them down, so that its absence is not an error here:
// whether the lab recovers is seen by all that depends on it.
func (w *World) awaitSessions(ctx context.Context, node string) {
	var waits time.Duration
	for _, l := range speakersLinks(w.Setting, node) {
		waits = max(waits, l.BGP.Longest())
	}
	_, _ = w.Await(ctx, sessionsBack+waits, func(ctx context.Context) (bool, error) {
		for name, d := range w.Speakers {
			if !up(ctx, d, name, node) {
				return false, nil
			}
		}
		return true, nil
	})
}

// up says whether the sessions of the speaker called name are established,
// as far as they concern the node.
func up(ctx context.Context, d Daemon, name, node string) bool {
	sessions, err := d.Sessions(ctx)
	if err != nil {
		return name != node
	}
	return !slices.ContainsFunc(sessions, func(s Session) bool {
		return (name == node || s.Peer == node) && !s.Up
	})
}
