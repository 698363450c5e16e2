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
	mu     sync.Mutex
	groups map[string]*groupSeen
}

// groupSeen is how the flows of one probe group fare.
type groupSeen struct {
	record.ProbeGroup
	flows []flowSeen
}

// flowSeen follows one flow. A request whose answer is missing is noticed
// when a later one is answered, or when nothing is answered any more; its
// timeout need not be waited for.
type flowSeen struct {
	seq      uint64      // of the newest answered request
	received record.Time // its answer, 0 before the first
	trip     time.Duration
	node     string      // who gave it
	since    record.Time // sent: first request of the unbroken run by this node, if the answers that are missing come
	gaps     []overtook  // answers that later ones have overtaken, oldest first
}

// overtook is a row of requests whose answers had not come when that to a
// later request did. If they don't come at all the unbroken run begins there.
type overtook struct {
	from, to uint64 // the answered requests on both sides
	after    record.Time
	missing  int
}

// overtaken takes a sample that a later one of its flow has overtaken.
func (f *flowSeen) overtaken(s record.Sample) {
	i := slices.IndexFunc(f.gaps, func(o overtook) bool { return s.Seq > o.from && s.Seq < o.to })
	switch {
	case i < 0: // a second answer, or the loss was known
	case s.Lost() || s.Node != f.node:
		f.since = max(f.since, f.gaps[i].after)
		f.gaps = slices.Delete(f.gaps, i, i+1)
	default:
		if f.gaps[i].missing--; f.gaps[i].missing == 0 {
			f.gaps = slices.Delete(f.gaps, i, i+1)
		}
	}
}

// fold gives up on what was overtaken before the time.
func (f *flowSeen) fold(before record.Time) {
	for len(f.gaps) > 0 && f.gaps[0].after < before {
		f.since, f.gaps = max(f.since, f.gaps[0].after), f.gaps[1:]
	}
}

// unbroken is since when every request was answered.
func (f *flowSeen) unbroken() record.Time {
	since := f.since
	for _, o := range f.gaps {
		since = max(since, o.after)
	}
	return since
}

func (c *clients) add(g record.ProbeGroup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.groups == nil {
		c.groups = map[string]*groupSeen{}
	}
	c.groups[g.Name] = &groupSeen{ProbeGroup: g, flows: make([]flowSeen, g.Flows)}
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

func (c *clients) see(group string, s record.Sample) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.groups[group]
	f := &g.flows[s.Flow]
	if s.Seq < f.seq || s.Seq == f.seq && f.received != 0 {
		f.overtaken(s)
		return
	}
	if s.Lost() {
		return
	}
	switch {
	case f.received == 0 || s.Node != f.node:
		f.since, f.gaps = s.Sent, nil
	case s.Seq != f.seq+uint64(g.Flows):
		f.gaps = append(f.gaps, overtook{f.seq, s.Seq, s.Sent, int((s.Seq-f.seq)/uint64(g.Flows)) - 1})
	}
	f.fold(s.Sent.Add(-g.Timeout))
	f.seq, f.received, f.trip, f.node = s.Seq, s.Received, s.Received.Sub(s.Sent), s.Node
}

// trip returns the longest of the flows' last round trips.
func (c *clients) trip() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var longest time.Duration
	for _, g := range c.groups {
		for _, f := range g.flows {
			longest = max(longest, f.trip)
		}
	}
	return longest
}

// late is how long after its turn an answer may still come before the flow
// counts as silent.
func (g *groupSeen) late() time.Duration { return 2*g.Interval() + 50*time.Millisecond }

// served says whether every flow of every group has been answered, request
// for request and by one node each, for at least quiet and since after.
func (c *clients) served(now, after record.Time, quiet time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.groups {
		for _, f := range g.flows {
			silent := f.received == 0 || now.Sub(f.received) > g.late()
			if silent || now.Sub(max(f.unbroken(), after)) < quiet {
				return false
			}
		}
	}
	return true
}

// answering returns, for every group, the sorted set of nodes that answer.
func (c *clients) answering() map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	nodes := map[string][]string{}
	for name, g := range c.groups {
		var set []string
		for _, f := range g.flows {
			if f.received != 0 {
				set = append(set, f.node)
			}
		}
		slices.Sort(set)
		nodes[name] = slices.Compact(set)
	}
	return nodes
}

// serving returns the nodes that answer a client now, sorted. A flow that gets
// no answer just now is served by nobody.
func (c *clients) serving(now record.Time, client string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	nodes := []string{}
	for _, g := range c.groups {
		for _, f := range g.flows {
			if g.Client == client && f.received != 0 && now.Sub(f.received) <= g.late() {
				nodes = append(nodes, f.node)
			}
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}
