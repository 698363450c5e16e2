package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab/bgp"
)

// SessionReset resets the BGP sessions of a node as an operator does. A hard
// reset ends them, and they come back by themselves (RFC 7747 5.4.1); a soft
// one has all routes sent and judged anew over sessions that stay (5.5).
type SessionReset struct {
	daemonAt
	Mode string `yaml:"mode" enum:"hard soft" default:"hard" doc:"end the sessions, or only send the routes again"`
	Peer string `yaml:"peer" doc:"the node at the other end; all"`

	before map[string]bool // the connections when it was injected
}

func (f *SessionReset) soft() bool { return f.Mode == "soft" }

// Check says whether the node has such a session, and a daemon that resets it.
func (f *SessionReset) Check(s Setting) error {
	if err := f.daemonAt.Check(s); err != nil {
		return err
	}
	node := f.place.On[0]
	n, _ := s.Topology.Node(node)
	if err := bgp.Can(n, bgp.ResetSessions); err != nil {
		return err
	}
	for _, l := range speakersLinks(s, node) {
		if _, far := l.Of(node); f.Peer == "" || far.Node == f.Peer {
			return nil
		}
	}
	if f.Peer == "" {
		return fmt.Errorf("node %s has no BGP session", node)
	}
	return mistake("peer", "node %s has no BGP session with %s", node, f.Peer)
}

// Theory says: a hard reset is told to the peer by a NOTIFICATION. A soft one must
// not be noticed at all.
func (f *SessionReset) Theory(Setting) Theory {
	if f.soft() {
		return Theory{Unbounded: true, Why: "the sessions stay, so there is nothing to detect"}
	}
	return Theory{High: watchLatency, Why: "a NOTIFICATION (Cease, Administrative Reset) ends the session"}
}

// Inject resets the sessions. After a hard reset it waits until their
// connections have ended.
func (f *SessionReset) Inject(ctx context.Context, w *World) error {
	d, err := f.daemon(w)
	if err != nil {
		return err
	}
	before, err := f.connections(ctx, w)
	if err != nil {
		return err
	}
	if len(before) == 0 {
		return fmt.Errorf("node %s: no session is up that could be reset", f.place.On[0])
	}
	if err := d.Reset(ctx, f.Peer, f.soft()); err != nil {
		return err
	}
	f.before = before
	if f.soft() {
		return nil
	}
	return await(ctx, func() (bool, error) { return f.active(ctx, w) })
}

// Active says whether none of the connections stands any more, or, after a
// soft reset, whether all of them do.
func (f *SessionReset) Active(w *World) (bool, error) {
	return f.active(context.Background(), w)
}

func (f *SessionReset) active(ctx context.Context, w *World) (bool, error) {
	if f.before == nil {
		return false, nil
	}
	now, err := f.connections(ctx, w)
	if err != nil {
		return false, err
	}
	stand := 0
	for c := range f.before {
		if now[c] {
			stand++
		}
	}
	if f.soft() {
		return stand == len(f.before), nil
	}
	return stand == 0, nil
}

// Heal waits until the sessions are back.
func (f *SessionReset) Heal(ctx context.Context, w *World) error {
	if f.before != nil {
		f.awaitSessions(ctx, w)
	}
	f.before = nil
	return nil
}

// connections lists the established TCP connections of the sessions: seen in
// the kernel, so for any daemon alike.
func (f *SessionReset) connections(ctx context.Context, w *World) (map[string]bool, error) {
	peers, err := f.peers(w)
	if err != nil {
		return nil, err
	}
	n, err := w.Lab.Node(f.place.On[0])
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	err = n.Do(func() error {
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			sockets, err := netlink.SocketDiagTCP(family)
			if err != nil {
				return errors.Join(ctx.Err(), fmt.Errorf("list connections of %s: %w", n.Name, err))
			}
			maps.Copy(found, sessions(sockets, peers))
		}
		return nil
	})
	return found, err
}

// sessions names those of the sockets that are BGP connections with a peer.
func sessions(sockets []*netlink.Socket, peers map[netip.Addr]bool) map[string]bool {
	const bgpPort = 179
	found := map[string]bool{}
	for _, s := range sockets {
		to, _ := netip.AddrFromSlice(s.ID.Destination)
		between := s.ID.SourcePort == bgpPort || s.ID.DestinationPort == bgpPort
		if between && peers[to.Unmap()] && s.State == netlink.TCP_ESTABLISHED {
			found[fmt.Sprintf("%s:%d %s:%d", s.ID.Source, s.ID.SourcePort, to, s.ID.DestinationPort)] = true
		}
	}
	return found
}

// peers returns the addresses of the far ends.
func (f *SessionReset) peers(w *World) (map[netip.Addr]bool, error) {
	node := f.place.On[0]
	addrs := map[netip.Addr]bool{}
	for _, l := range speakersLinks(w.Setting, node) {
		if _, far := l.Of(node); f.Peer == "" || far.Node == f.Peer {
			addrs[far.IPv4.Addr()], addrs[far.IPv6.Addr()] = true, true
		}
	}
	return addrs, nil
}
