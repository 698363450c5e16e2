package run

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"anylab/lab/record"
)

// watch sees every sample as it is recorded and knows, at any moment, whether
// the clients are served, by whom, and since when without a loss.
type watch struct {
	mu     sync.Mutex
	groups map[string]*groupWatch
}

type groupWatch struct {
	record.ProbeGroup
	flows []flowWatch
}

// flowWatch follows one flow. A request whose answer is missing is noticed
// when a later one is answered, or when nothing is answered any more; its
// timeout need not be waited for.
type flowWatch struct {
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
func (f *flowWatch) overtaken(s record.Sample) {
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
func (f *flowWatch) fold(before record.Time) {
	for len(f.gaps) > 0 && f.gaps[0].after < before {
		f.since, f.gaps = max(f.since, f.gaps[0].after), f.gaps[1:]
	}
}

// unbroken is since when every request was answered.
func (f *flowWatch) unbroken() record.Time {
	since := f.since
	for _, o := range f.gaps {
		since = max(since, o.after)
	}
	return since
}

func (w *watch) add(g record.ProbeGroup) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.groups == nil {
		w.groups = map[string]*groupWatch{}
	}
	w.groups[g.Name] = &groupWatch{ProbeGroup: g, flows: make([]flowWatch, g.Flows)}
}

// list returns the groups, by name.
func (w *watch) list() []record.ProbeGroup {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []record.ProbeGroup
	for _, name := range slices.Sorted(maps.Keys(w.groups)) {
		list = append(list, w.groups[name].ProbeGroup)
	}
	return list
}

func (w *watch) see(group string, s record.Sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.groups[group]
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
func (w *watch) trip() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var longest time.Duration
	for _, g := range w.groups {
		for _, f := range g.flows {
			longest = max(longest, f.trip)
		}
	}
	return longest
}

// late is how long after its turn an answer may still come before the flow
// counts as silent.
func (g *groupWatch) late() time.Duration { return 2*g.Interval() + 50*time.Millisecond }

// served says whether every flow of every group has been answered, request
// for request and by one node each, for at least quiet and since after.
func (w *watch) served(now, after record.Time, quiet time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.groups {
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
func (w *watch) answering() map[string][]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	nodes := map[string][]string{}
	for name, g := range w.groups {
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
func (w *watch) serving(now record.Time, client string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	nodes := []string{}
	for _, g := range w.groups {
		for _, f := range g.flows {
			if g.Client == client && f.received != 0 && now.Sub(f.received) <= g.late() {
				nodes = append(nodes, f.node)
			}
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// poll is how often a condition on the probes is looked at: it delays no
// measurement, only the next step of the trial.
const poll = 5 * time.Millisecond

// await returns true once the condition holds, false at the deadline, or the
// context's error.
func await(ctx context.Context, deadline record.Time, holds func(now record.Time) bool) (bool, error) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		now := record.Now()
		if holds(now) {
			return true, nil
		}
		if now > deadline {
			return false, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// until waits for a moment of the one clock.
func until(ctx context.Context, t record.Time) error {
	timer := time.NewTimer(t.Sub(record.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
