package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
)

// Together joins the names of nodes that answer as one: sites behind equal paths.
const Together = "+"

// turns is how long it takes until each of the sites behind equal paths should have
// answered some request of a group.
func turns(g record.ProbeGroup) time.Duration {
	const requests = 100
	return max(settled, time.Duration(requests/g.Rate*float64(time.Second)))
}

// pool returns the nodes that answered the group between two times, sorted, if they
// do so by turns: each request has a connection of its own, and routers with equal
// paths send each another way, so that some flow comes back to a node after another
// one's answer. It is nil if flows had one node each, or moved from one to another.
func (r *requests) pool(from, to record.Time) []string {
	if r.group.Carried() != record.Connection {
		return nil
	}
	newest, had := map[int]string{}, map[string]bool{}
	var nodes []string
	pooled := false
	for _, s := range r.sent(from, to) {
		if s.Node == "" {
			continue
		}
		key := fmt.Sprint(s.Flow, s.Node)
		pooled = pooled || had[key] && newest[s.Flow] != s.Node
		newest[s.Flow], had[key] = s.Node, true
		nodes = append(nodes, s.Node)
	}
	if !pooled {
		return nil
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// answered names who answered the group just before a time: the node that answered
// most since another time, or those that do so by turns, as far back as it takes to
// see all of them, but not from before the earliest time.
func (r *requests) answered(earliest, since, until record.Time) string {
	if pool := r.pool(max(earliest, min(since, until.Add(-turns(r.group)))), until); pool != nil {
		return strings.Join(pool, Together)
	}
	return most(r.sent(since, until))
}

// pooled notes what became of a group whose sites answer by turns: it moved when one
// answered that was none of them, or when one of them no longer does.
func (v *view) pooled() {
	for _, s := range v.sent(v.start, v.until) {
		if s.Flow < len(v.moved) && s.Node != "" && !slices.Contains(v.pool, s.Node) && v.moved[s.Flow].Node == "" {
			v.moved[s.Flow] = s
			v.e.Rerouted = true
		}
	}
	after := strings.Split(v.answered(v.changed(), v.until.Add(-turns(v.group)), v.until), Together)
	for _, node := range v.pool {
		if m := v.leaving(node); !slices.Contains(after, node) && m != nil {
			v.e.Rerouted = true
			v.w.left = append(v.w.left, *m)
		}
	}
}

// changed is from when on what is answered says something about what came of the
// change: it had taken effect.
func (v *view) changed() record.Time { return max(v.start, v.e.Zero) }

// leaving is the move away from a node that answers no more: to whoever answered
// the request after its last one.
func (v *view) leaving(node string) *move {
	m := &move{group: v.group.Name}
	for _, s := range v.sent(v.start, v.until) {
		switch {
		case s.Node == node:
			m.before, m.first = s.Sent, record.Sample{}
		case s.Node != "" && m.first.Node == "":
			m.first = s
		}
	}
	if m.first.Node == "" {
		return nil
	}
	return m
}
