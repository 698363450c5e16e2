package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/record"
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
// tried once more, or an end of them that is idle no longer is; 0 if that is going on,
// or nobody tells.
func pending(ends []idleEnd) (left time.Duration, idle bool) {
	for _, e := range ends {
		i := slices.IndexFunc(ends, func(far idleEnd) bool { return far.node == e.peer && far.peer == e.node && far.v6 == e.v6 })
		if i < 0 {
			continue // the far end takes it for up
		}
		until := e.until(ends[i])
		left, idle = max(left, until), idle || until > 0 && (e.idle || ends[i].idle)
	}
	if left > 0 {
		left += attempting
	}
	return left, idle
}

// calling is how long it may take until an end that is idle no longer calls, or is
// called: the timers of that start when it is through with waiting.
const calling = 15 * time.Second

// retry is until when a lab is not given up, by what its daemons tell.
type retry struct {
	due  record.Time // 0: they were not asked yet
	idle bool        // then an end is through with waiting, and has not called yet
}

// asks says whether the daemons are to be asked, in a lab that stands still or not.
func (r *retry) asks(now record.Time, still bool) bool {
	return r.due == 0 && still || r.idle && now >= r.due
}

// told takes what they tell. An end that waits again has tried, in vain.
func (r *retry) told(now record.Time, ends []idleEnd) {
	left, idle := pending(ends)
	switch again := r.idle; {
	case !again:
		r.due, r.idle = now.Add(left), idle
	case idle && left > calling:
		r.idle = false
	default:
		r.due, r.idle = now.Add(max(left, calling)), false
	}
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
