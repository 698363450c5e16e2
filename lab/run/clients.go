package run

import (
	"maps"
	"slices"
	"sync"
	"time"

	"anylab/lab/record"
)

// clients sees every sample as it is recorded and knows, at any moment, whether
// the clients are served, by whom, and since when without a loss.
type clients struct {
	spread bool // routers may spread the connections of one flow over several sites

	mu     sync.Mutex
	groups map[string]*groupSeen
}

// groupSeen is how the flows of one probe group fare.
type groupSeen struct {
	record.ProbeGroup
	flows  []flowSeen
	pooled bool                   // each request may go to another of several sites
	nodes  map[string]record.Time // of a pooled group: when the newest request that each has answered was sent
	newest record.Time            // of any request that was answered: when it was sent
	fates  fates
}

func (c *clients) add(g record.ProbeGroup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.groups == nil {
		c.groups = map[string]*groupSeen{}
	}
	c.groups[g.Name] = &groupSeen{ProbeGroup: g, flows: make([]flowSeen, g.Flows), nodes: map[string]record.Time{},
		pooled: c.spread && g.Carried() == record.Connection}
}

// list returns the groups, by name.
func (c *clients) list() []record.ProbeGroup {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []record.ProbeGroup
	for _, name := range slices.Sorted(maps.Keys(c.groups)) {
		list = append(list, c.groups[name].ProbeGroup)
	}
	return list
}

// see takes a sample that was heard of at now.
func (c *clients) see(group string, s record.Sample, now record.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.groups[group]
	f := &g.flows[s.Flow]
	g.fates.add(now, s.Lost())
	switch {
	case s.Seq < f.seq || s.Seq == f.seq && f.sent != 0:
		f.overtaken(s, now, g.same(f, s))
	case s.Lost():
		f.lost = true
	default:
		f.answered(g.ProbeGroup, s, now, g.same(f, s))
	}
}

// same says whether the node that answers the flow is no other than before: one
// that answers the group these days, if each request may go to another site.
func (g *groupSeen) same(f *flowSeen, s record.Sample) bool {
	if !s.Lost() {
		g.newest = max(g.newest, s.Sent)
	}
	if !g.pooled {
		return s.Node == f.node || s.Node == "" || f.node == ""
	}
	if s.Lost() {
		return true
	}
	known := g.lately(s.Node)
	g.nodes[s.Node] = max(g.nodes[s.Node], s.Sent)
	return known
}

// lately says whether the node has answered one of the latest requests of a
// pooled group.
func (g *groupSeen) lately(node string) bool {
	at, ok := g.nodes[node]
	return ok && g.newest.Sub(at) < g.turns()
}

// turns is how long it takes until each site should have answered some request of
// a pooled group.
func (g *groupSeen) turns() time.Duration {
	const requests = 100
	return max(quiet, time.Duration(requests/g.Rate*float64(time.Second)))
}

// by returns the sorted set of nodes that answer, without those that don't say
// who they are. It is nil while nobody has answered.
func (g *groupSeen) by() []string {
	var set []string
	for _, f := range g.flows {
		if f.sent != 0 && set == nil {
			set = []string{}
		}
		if f.node != "" && !g.pooled {
			set = append(set, f.node)
		}
	}
	for node := range g.nodes {
		if node != "" && g.lately(node) {
			set = append(set, node)
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// trip returns the longest of the flows' round trips of late, from the sending
// of a request until its answer was heard of here.
func (c *clients) trip() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var longest time.Duration
	for _, g := range c.groups {
		for _, f := range g.flows {
			longest = max(longest, f.lag)
		}
	}
	return longest
}

// served says whether every flow of every group has been answered, request
// for request and by one node each, for at least quiet and since after. Both
// are times of sending: what is in flight has yet to be answered.
func (c *clients) served(now, after record.Time, quiet time.Duration) bool {
	return c.othersServed(nil, now, after, quiet)
}

// othersServed says that of all but some clients.
func (c *clients) othersServed(but []string, now, after record.Time, quiet time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.groups {
		if !slices.Contains(but, g.Client) && !g.served(now, after, quiet) {
			return false
		}
	}
	return true
}

func (g *groupSeen) served(now, after record.Time, quiet time.Duration) bool {
	if g.pooled && quiet > 0 {
		quiet = max(quiet, g.turns()) // a site that answers no more is forgotten by then
	}
	for i := range g.flows {
		f := &g.flows[i]
		since, until := f.whole(now, g.Interval())
		if f.silent(now, g.Interval()) || f.sent < after || until.Sub(max(since, after)) < quiet {
			return false
		}
	}
	return true
}

// deserted says whether a probe group gets no answer at all.
func (c *clients) deserted(now record.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.groups {
		if !slices.ContainsFunc(g.flows, func(f flowSeen) bool { return !f.silent(now, g.Interval()) }) {
			return true
		}
	}
	return false
}

// answering returns, for every group that is answered, the set of nodes that
// give the answers; it is empty where they don't say.
func (c *clients) answering() map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	nodes := map[string][]string{}
	for name, g := range c.groups {
		nodes[name] = g.by()
	}
	return nodes
}

// serving returns the nodes that answer a client now, sorted. A flow that gets
// no answer just now is served by nobody. It is not known where answers come,
// and none of them names its node.
func (c *clients) serving(now record.Time, client string) (nodes []string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	nodes, nameless := []string{}, false
	for _, g := range c.groups {
		if g.pooled && g.Client == client {
			nodes = append(nodes, g.by()...)
		}
		for i := range g.flows {
			f := &g.flows[i]
			switch {
			case g.Client != client || f.silent(now, g.Interval()):
			case f.node == "":
				nameless = true
			default:
				nodes = append(nodes, f.node)
			}
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes), len(nodes) > 0 || !nameless
}
