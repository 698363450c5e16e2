package simulate

import (
	"net/netip"
	"slices"
	"time"

	"anylab/lab/record"
)

// group is a resilient group of next hops as the kernel has it: flows hash into buckets,
// which are handed from hop to hop one by one (nexthop-group-resilient.rst, net/ipv4/nexthop.c).
type group struct {
	*node
	hops       []*port
	buckets    history[[]*port]
	used       []record.Time // when the last packet fell into each
	unbalanced record.Time   // since when
	look       int           // which look at it is the one that counts
}

// upkeep is the least time between two looks at a group
// (NH_RES_UPKEEP_DW_MINIMUM_INTERVAL).
const upkeep = 500 * time.Millisecond

// share has a prefix's group lead to other next hops. One begins with several, and stays
// while there is one.
func (n *node) share(p netip.Prefix, via []*port) {
	g := n.groups[p]
	switch {
	case n.Resilient == nil || g == nil && len(via) < 2:
		return
	case len(via) == 0:
		delete(n.groups, p)
		return
	case g == nil:
		g = &group{node: n, used: make([]record.Time, n.Resilient.Buckets)}
		g.buckets.set(n.lab.now, make([]*port, n.Resilient.Buckets))
		n.groups[p] = g
	}
	g.hops, g.unbalanced = via, n.lab.now
	g.balance()
}

// lead is the hop that a packet takes.
func (g *group) lead(by flow, t record.Time) *port {
	now := g.buckets.when(t)
	i := int(g.hash(by)) % len(now)
	g.used[i] = max(g.used[i], t)
	g.lab.chance = true // each packet has to be seen
	return now[i]
}

// balance hands buckets to the hops that have too few: those of no hop at once, idle ones,
// and all when the group has been unbalanced for too long.
func (g *group) balance() {
	g.lab.catchUp()
	now := slices.Clone(g.buckets.last())
	for i, p := range now {
		if !slices.Contains(g.hops, p) {
			now[i] = nil
		}
	}
	var next record.Time
	for i, p := range now {
		if p != nil && g.lacks(now, p) >= 0 {
			continue
		}
		free := g.used[i].Add(g.Resilient.Idle)
		if g.Resilient.Unbalanced > 0 {
			free = min(free, g.unbalanced.Add(g.Resilient.Unbalanced))
		}
		if p != nil && free > g.lab.now {
			if next == 0 || free < next {
				next = free
			}
			continue
		}
		to := slices.IndexFunc(g.hops, func(h *port) bool { return g.lacks(now, h) > 0 })
		now[i], g.used[i] = g.hops[max(to, 0)], 0
	}
	g.buckets.set(g.lab.now, now)
	g.lab.touched = g.lab.now
	if g.look++; next != 0 {
		look := g.look
		g.lab.at(max(next, g.lab.now.Add(upkeep)), func() {
			if g.look == look {
				g.balance()
			}
		})
	}
}

// lacks is how many buckets a hop should have more; less than 0: fewer.
func (g *group) lacks(buckets []*port, hop *port) int {
	i, has := slices.Index(g.hops, hop), 0
	for _, p := range buckets {
		if p == hop {
			has++
		}
	}
	share := func(hops int) int { return (2*len(buckets)*hops + len(g.hops)) / (2 * len(g.hops)) } // rounded
	return share(i+1) - share(i) - has
}
