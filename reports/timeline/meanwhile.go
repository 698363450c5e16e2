package timeline

import (
	"maps"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
)

// meanwhile follows who answers each group from the fault on.
type meanwhile struct {
	groups []*requests
	now    map[string]string
	since  record.Time
	list   []map[string]string // what lasted; the first is of the time before the fault
}

// meanwhile lists who answered between the fault and the last healing: each time that
// it became another for a while, or had become another when the next fault or healing
// came. A group that nobody answered is left out there.
func (t *trial) meanwhile(f Failover) []map[string]string {
	m := &meanwhile{groups: t.headline(), now: maps.Clone(f.Before.AnsweredBy), list: []map[string]string{f.Before.AnsweredBy}}
	from := f.Broken.Start
	for _, to := range t.blows(f.Broken) {
		m.watch(from, to)
		m.halt(from, to)
		from = to
	}
	m.watch(from, f.Broken.Until)
	return m.list[1:]
}

// blows are the moments from when on another fault, or a healing, could hit requests.
func (t *trial) blows(e Episode) []record.Time {
	var list []record.Time
	rtt := t.first().Inject.Sub(e.Start)
	for _, s := range t.steps() {
		for _, at := range []record.Time{s.Inject, s.Heal} {
			if at = at.Add(-rtt); at > e.Start && at < e.Until {
				list = append(list, at)
			}
		}
	}
	slices.Sort(list)
	return list
}

// watch looks at a stretch of time piece by piece.
func (m *meanwhile) watch(from, to record.Time) {
	piece := calm
	for _, r := range m.groups { // has some requests of every flow
		piece = max(piece, r.group.Interval(), calmCount*r.group.Interval()/time.Duration(max(1, r.group.Flows)))
	}
	for at := from; at < to; at = at.Add(piece) {
		until := min(at.Add(piece), to)
		for _, r := range m.groups {
			if node := r.sole(at, until); node != "" && node != m.now[r.group.Name] && !strings.Contains(m.now[r.group.Name], Together) {
				m.now[r.group.Name], m.since = node, at
			}
		}
		if until.Sub(m.since) >= settled {
			m.note()
		}
	}
}

// halt notes who answered when a stretch ends.
func (m *meanwhile) halt(from, to record.Time) {
	for _, r := range m.groups {
		last := r.sent(max(from, to.Add(-settled)), to)
		pool := r.pool(to.Add(-turns(r.group)), to)
		switch {
		case pool != nil && to.Add(-turns(r.group)) >= from:
			m.now[r.group.Name] = strings.Join(pool, Together)
		case slices.ContainsFunc(last, func(s record.Sample) bool { return !s.Lost() && among(m.now[r.group.Name], s.Node) }):
		case most(last) != "":
			m.now[r.group.Name] = most(last)
		case to.Sub(from) >= settled && len(last) > 0 && !slices.ContainsFunc(last, func(s record.Sample) bool { return !s.Lost() }):
			delete(m.now, r.group.Name)
		}
	}
	m.since = to
	m.note()
}

// among says whether a node is one of those that answer together.
func among(together, node string) bool {
	return slices.Contains(strings.Split(together, Together), node)
}

// note keeps who answers now.
func (m *meanwhile) note() {
	if !maps.Equal(m.list[len(m.list)-1], m.now) {
		m.list = append(m.list, maps.Clone(m.now))
	}
}

// sole is the node that gave all answers of a while; empty if there is none.
func (r *requests) sole(from, to record.Time) string {
	node := ""
	for _, s := range r.sent(from, to) {
		switch {
		case s.Node == "" || s.Node == node:
		case node != "":
			return ""
		default:
			node = s.Node
		}
	}
	return node
}
