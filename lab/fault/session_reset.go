package fault

import (
	"context"
	"fmt"
	"net/netip"
)

// SessionReset resets the BGP sessions of a node as an operator does. A hard
// reset ends them, and they come back by themselves (RFC 7747 5.4.1); a soft
// one has all routes sent and judged anew over sessions that stay (5.5).
type SessionReset struct {
	daemonAt
	Mode string `yaml:"mode" enum:"hard soft" default:"hard" doc:"end the sessions, or only send the routes again"`
	Peer string `yaml:"peer" doc:"the node at the other end; all"`
}

func (f *SessionReset) soft() bool { return f.Mode == "soft" }

// Check says whether the node has such a session, and a daemon that resets it.
func (f *SessionReset) Check(s Setting) error {
	if err := f.daemonAt.Check(s); err != nil {
		return err
	}
	node := f.place.On[0]
	n, _ := s.Topology.Node(node)
	if err := s.Daemons.Can(n, ResetSessions); err != nil {
		return err
	}
	switch {
	case len(f.peers(s)) > 0:
		return nil
	case f.Peer == "":
		return fmt.Errorf("node %s has no BGP session", node)
	}
	return mistake("peer", "node %s has no BGP session with %s", node, f.Peer)
}

// Declare says: a hard reset is told to the peer by a NOTIFICATION. A soft one must
// not be noticed at all.
func (f *SessionReset) Declare(Setting) Declaration {
	if f.soft() {
		return f.declare(never("the sessions stay, so there is nothing to detect"))
	}
	return f.declare(atOnce(SessionEnd, "a NOTIFICATION (Cease, Administrative Reset) ends the session"))
}

// Inject resets the sessions. After a hard reset it waits until their
// connections have ended. Healing waits until the sessions are back.
func (f *SessionReset) Inject(ctx context.Context, w *World) (Injected, error) {
	node := f.place.On[0]
	d, err := w.speaker(node)
	if err != nil {
		return Injected{}, err
	}
	n, err := w.Node(node)
	if err != nil {
		return Injected{}, err
	}
	r := &reset{SessionReset: f, node: n, peers: f.peers(w.Setting)}
	if r.before, err = n.Connections(r.peers); err != nil {
		return Injected{}, err
	}
	if len(r.before) == 0 {
		return Injected{}, fmt.Errorf("node %s: no session is up that could be reset", node)
	}
	if err := d.Reset(ctx, f.Peer, f.soft()); err != nil {
		return Injected{}, err
	}
	in := Injected{
		active: func(context.Context) (bool, error) { return r.done() },
		heal: func(ctx context.Context) error {
			if !r.healed {
				w.awaitSessions(ctx, node)
			}
			r.healed = true
			return nil
		},
	}
	if f.soft() {
		return in, nil
	}
	return in, w.await(ctx, r.done)
}

// reset is a reset of sessions whose connections are known.
type reset struct {
	*SessionReset
	node   Node
	peers  map[netip.Addr]bool
	before map[string]bool // the connections when it was injected
	healed bool
}

// done says whether none of the connections stands any more, or, after a soft
// reset, whether all of them do.
func (r *reset) done() (bool, error) {
	if r.healed {
		return false, nil
	}
	now, err := r.node.Connections(r.peers)
	if err != nil {
		return false, err
	}
	stand := 0
	for c := range r.before {
		if now[c] {
			stand++
		}
	}
	if r.soft() {
		return stand == len(r.before), nil
	}
	return stand == 0, nil
}

// peers returns the addresses of the far ends.
func (f *SessionReset) peers(s Setting) map[netip.Addr]bool {
	node := f.place.On[0]
	addrs := map[netip.Addr]bool{}
	for _, l := range speakersLinks(s, node) {
		if _, far := l.Of(node); f.Peer == "" || far.Node == f.Peer {
			addrs[far.IPv4.Addr()], addrs[far.IPv6.Addr()] = true, true
		}
	}
	return addrs
}
