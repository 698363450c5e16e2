package timeline

import (
	"fmt"

	"anylab/lab/record"
)

// watched is what the probes showed of an episode beyond what it keeps.
type watched struct {
	restore *Stage      // the end of the worst outage, or of the part of it that counts
	began   record.Time // when the first request was lost of the part that counts
	unended Interval    // of outages that did not end, the longest,
	cutOff  record.Time // and when its first request was lost
	served  string      // the node that answered then,
	group   string      // and the probe group that it answered
	moves   []move
	left    []move // away from sites that had answered by turns with others, which go on
}

// move is a probe group's first answer from another node than before.
type move struct {
	group  string
	first  record.Sample // the request that was answered elsewhere first
	before record.Time   // when the request before it was sent
}

// move notes when the group moved to another node, by the sequence that has
// the best resolution.
func (v *view) move(together bool) {
	var m *move
	for _, s := range v.moved {
		if s.Node != "" && (m == nil || s.Sent < m.first.Sent) {
			m = &move{group: v.group.Name, first: s}
		}
	}
	if m == nil {
		return
	}
	for _, s := range v.sent(0, m.first.Sent) {
		if together || s.Flow == m.first.Flow {
			m.before = s.Sent
		}
	}
	v.w.moves = append(v.w.moves, *m)
}

// close sums the episode up over its groups. Where nothing was lost but
// traffic moved, users were served from the new place on with its first
// answer.
func (w *watched) close(e *Episode) {
	e.Restored = e.Restored && len(e.Groups) > 0
	for _, g := range e.Groups {
		if g.Ended != "" && (e.EndedBy == "" || longer(g.Outage, e.Outage)) {
			e.EndedBy = g.Ended
		}
		e.Outage = worse(e.Outage, g.Outage)
		e.Restored = e.Restored && g.Sent > 0
	}
	if !e.Restored {
		w.restore, w.began, e.Sustained = nil, w.cutOff, false
		return
	}
	if m := w.slowest(); m != nil && w.restore == nil {
		w.served, w.group = m.first.Node, m.group
		w.restore = &Stage{Name: Restore, At: m.first.Received, Source: ByProbe, Low: m.before,
			Evidence: fmt.Sprintf("%s: answered by %s, flow %d; nothing was lost", m.group, m.first.Node, m.first.Flow)}
	}
}

// decider returns the probe group whose outcome decides: the one that was served
// again last, or if not all were, that suffers most.
func (w *watched) decider(e *Episode, groups []*requests) *requests {
	name := w.group
	if w.restore == nil {
		var worst *Group
		for i, g := range e.Groups {
			if worst == nil || longer(g.Outage, worst.Outage) {
				worst = &e.Groups[i]
			}
		}
		if worst != nil {
			name = worst.Name
		}
	}
	for _, r := range groups {
		if r.group.Name == name {
			return r
		}
	}
	return nil
}

// since returns when users were served again, or else the moment that is given.
func (w *watched) since(otherwise record.Time) record.Time {
	if w.restore == nil {
		return otherwise
	}
	return w.restore.At
}

// stages appends the way back to the stages that events showed, if it was what
// users waited for last, and the restored service.
func (w *watched) stages(s scene, events []record.Event, list []Stage) []Stage {
	if w.restore != nil {
		back := s.returned(events, w.served, w.restore.At)
		if back != nil && (len(list) == 0 || back.At > list[len(list)-1].At) {
			add(&list, Return, back)
		}
	}
	add(&list, Restore, w.restore)
	return list
}

// slowest returns the move of the group that moved last.
func (w *watched) slowest() *move { return slowest(w.moves) }

func slowest(moves []move) *move {
	var last *move
	for i, m := range moves {
		if last == nil || m.first.Received > last.first.Received {
			last = &moves[i]
		}
	}
	return last
}

// dateSwitch sets the episode's Switch. The way changed after the request
// before the first one that was answered elsewhere was sent, and before that
// answer came; the bracket of the call adds to it.
func (w *watched) dateSwitch(e *Episode) {
	m := w.slowest()
	if m == nil {
		m = slowest(w.left)
	}
	if m == nil || e.Zero == 0 {
		return
	}
	e.Switch = &Interval{
		Value: max(0, m.first.Received.Sub(e.Zero)),
		Low:   max(0, m.before.Sub(e.Zero)),
		High:  max(0, m.first.Received.Sub(e.Zero)) + e.Bracket,
	}
}
