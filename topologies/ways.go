package topologies

import (
	"slices"
	"sync"
	"time"
)

// Way is one through the network, both ways.
type Way struct {
	Delay time.Duration // of a packet and one in return, the jitter included
	Links []int         // of the topology, in order
}

// Way returns the way from a client to a node with the least delay. It leaves the
// client by its first link, where the default route leads, and passes through
// routers.
func (t Topology) Way(client, to string) (Way, bool) {
	first, ok := t.ways.first[client]
	if !ok {
		return Way{}, false
	}
	_, router := t.Links[first].Of(client)
	steps := t.ways.from(t, router.Node)
	last, ok := steps[to]
	w := Way{Delay: t.Links[first].delay() + last.delay, Links: []int{first}}
	for at := last; ok && at.from != ""; at = steps[at.from] {
		w.Links = slices.Insert(w.Links, 1, at.link)
	}
	return w, ok
}

// delay is that of a packet over the link and one in return.
func (l Link) delay() time.Duration {
	a, b := l.Ends[0].Shape, l.Ends[1].Shape
	return a.Delay + a.Jitter + b.Delay + b.Jitter
}

// ways are those from the routers that they were asked from, which all clients
// of a router share.
type ways struct {
	first map[string]int // the first link of each node
	near  map[string][]int

	mu    sync.Mutex
	steps map[string]map[string]step // by router
}

// step is the last one of a way.
type step struct {
	delay time.Duration // of the whole way
	from  string        // the node before; empty where the way begins
	link  int
}

func newWays(t *Topology) *ways {
	w := &ways{first: map[string]int{}, near: map[string][]int{}, steps: map[string]map[string]step{}}
	for i, l := range t.Links {
		for _, e := range l.Ends {
			if _, ok := w.first[e.Node]; !ok {
				w.first[e.Node] = i
			}
			w.near[e.Node] = append(w.near[e.Node], i)
		}
	}
	return w
}

// from finds the ways from a router to all nodes.
func (w *ways) from(t Topology, router string) map[string]step {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known, ok := w.steps[router]; ok {
		return known
	}
	forwards := map[string]bool{}
	for _, name := range t.Of(Router) {
		forwards[name] = true
	}
	best := map[string]step{router: {}}
	for open := []string{router}; len(open) > 0; open = open[1:] {
		if !forwards[open[0]] {
			continue
		}
		for _, i := range w.near[open[0]] {
			_, far := t.Links[i].Of(open[0])
			next := step{best[open[0]].delay + t.Links[i].delay(), open[0], i}
			if known, ok := best[far.Node]; !ok || next.delay < known.delay {
				best[far.Node] = next
				open = append(open, far.Node)
			}
		}
	}
	w.steps[router] = best
	return best
}
