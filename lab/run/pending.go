package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"anylab/lab/bgp"
	"anylab/topologies/document"
)

// attempting is how long an attempt to bring a session up may take.
const attempting = 2 * time.Second

// idleEnd is one end of a session that is not up.
type idleEnd struct {
	node, peer string
	v6, idle   bool
	left       time.Duration // until it tries again; 0: it does, or does not tell
}

// idleEnds lists them, with what their daemons tell of their timers.
func (r *rig) idleEnds(ctx context.Context) []idleEnd {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	var ends []idleEnd
	for _, node := range slices.Sorted(maps.Keys(r.world.Speakers)) {
		peers, _ := r.peers(ctx, node) // one that does not answer is named elsewhere
		left, _ := r.world.Speakers[node].Waits(ctx)
		for _, p := range peers {
			if p.State != bgp.Established {
				ends = append(ends, idleEnd{node, p.Node, p.Addr.Is6(), p.State == bgp.Idle, left[p.Addr]})
			}
		}
	}
	return ends
}

// until returns in how long the session with the far end is tried again. An end that
// is idle takes no call either; of two that are not, whoever calls first decides.
func (e idleEnd) until(far idleEnd) time.Duration {
	switch {
	case e.idle && far.idle:
		return max(e.left, far.left)
	case e.idle:
		return e.left
	case far.idle:
		return far.left
	}
	return min(e.left, far.left)
}

// pending returns how long it takes until all sessions that are not up have been
// tried once more; 0 if that is going on, or nobody tells.
func pending(ends []idleEnd) time.Duration {
	longest := time.Duration(0)
	for _, e := range ends {
		i := slices.IndexFunc(ends, func(far idleEnd) bool { return far.node == e.peer && far.peer == e.node && far.v6 == e.v6 })
		if i < 0 {
			continue // the far end takes it for up
		}
		longest = max(longest, e.until(ends[i]))
	}
	if longest > 0 {
		longest += attempting
	}
	return longest
}

// waits says which daemons wait, for people.
func (g *gate) waits(ends []idleEnd) []string {
	var list []string
	for _, e := range ends {
		if n, _ := g.cell.Topology.Node(e.node); e.left >= time.Second {
			list = append(list, fmt.Sprintf("%s on %s tries %s again in %v", n.Daemon, e.node, e.peer, document.Duration(e.left.Round(time.Second))))
		}
	}
	return slices.Compact(list)
}
