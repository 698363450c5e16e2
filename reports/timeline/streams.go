package timeline

import (
	"slices"
	"time"

	"anylab/lab/record"
)

// Streams is what long-lived TCP connections saw during an episode. Sessions
// are those that were up before it; each either survived or came to its first
// end in one of three ways.
type Streams struct {
	Sessions, Survived, Reset, Closed, TimedOut int
	Ends                                        int    // of these and of those that were opened since
	Waits                                       []Wait // of every flow the longest
}

// Wait is how long an application had to wait for an answer: from its first
// request that was not answered to the first answer after it, over the same
// connection or a new one. Open means that the answer did not come before the
// episode's end.
type Wait struct {
	Time time.Duration
	Open bool
}

// headline returns the groups that routing is judged by: those of long-lived
// connections only if there are no others, because TCP's retransmission timer
// decides what they see.
func (t *trial) headline() []*requests {
	plain := slices.DeleteFunc(slices.Clone(t.groups), func(r *requests) bool { return r.group.Streams() })
	if len(plain) > 0 {
		return plain
	}
	return t.groups
}

// streams returns what the long-lived connections of the episode saw, nil if
// there are none.
func (t *trial) streams(e *Episode) *Streams {
	var s *Streams
	for _, r := range t.groups {
		if !r.group.Streams() {
			continue
		}
		if s == nil {
			s = &Streams{}
		}
		s.sessions(t.overheard.streams[r.group.Name], e)
		s.Waits = append(s.Waits, r.waits(e)...)
	}
	return s
}

// sessions counts how a group's connections fared, by what became of each flow.
func (s *Streams) sessions(flows map[int][]record.Event, e *Episode) {
	for _, events := range flows {
		for _, event := range between(events, e.Start, e.Until) {
			if event.Data.(record.Stream).Event != record.StreamConnected {
				s.Ends++
			}
		}
		n := preceding(events, e.Start)
		if n == 0 || events[n-1].Data.(record.Stream).Event != record.StreamConnected {
			continue
		}
		s.Sessions++
		switch firstEnd(between(events, e.Start, e.Until)) {
		case record.StreamReset:
			s.Reset++
		case record.StreamClosed:
			s.Closed++
		case record.StreamTimeout:
			s.TimedOut++
		default:
			s.Survived++
		}
	}
}

// firstEnd returns how a connection ended first, empty if it didn't.
func firstEnd(events []record.Event) record.StreamEvent {
	for _, e := range events {
		if end := e.Data.(record.Stream).Event; end != record.StreamConnected {
			return end
		}
	}
	return ""
}

// waits returns each flow's longest wait in the episode. One in which requests
// were lost is open if its end is that of the episode, or came later: then the
// next change may have ended it.
func (r *requests) waits(e *Episode) []Wait {
	list := make([]Wait, r.group.Flows)
	since := make([]record.Time, r.group.Flows) // when the oldest request was sent that waits for an answer
	lost := make([]bool, r.group.Flows)         // whether one of those that wait was lost
	for _, p := range r.sent(e.Start, e.Until) {
		if p.Flow >= len(list) {
			continue
		}
		if since[p.Flow] == 0 {
			since[p.Flow], lost[p.Flow] = p.Sent, false
		}
		if p.Lost() {
			lost[p.Flow] = true
		}
		if p.Lost() || lost[p.Flow] && p.Received >= e.Until {
			continue
		}
		list[p.Flow].Time = max(list[p.Flow].Time, p.Received.Sub(since[p.Flow]))
		since[p.Flow] = 0
	}
	for flow, from := range since {
		if from != 0 {
			list[flow] = Wait{max(list[flow].Time, e.Until.Sub(from)), true}
		}
	}
	return list
}

// needless counts the flows that left a node that did not fail for another
// such one. It is not known, and nil, where something else than nodes that
// serve failed: a path may have ended there. A move to the place of the fault
// is not needless either: that may be what was asked for.
func (v *view) needless(places []string) *int {
	n := 0
	if v.pool != nil {
		return nil // each request has a connection of its own: none is moved
	}
	for _, p := range places {
		if !v.serves(p) {
			return nil
		}
	}
	for flow, s := range v.moved {
		if s.Node != "" && !slices.Contains(places, v.old[flow]) && !slices.Contains(places, s.Node) {
			n++
		}
	}
	return &n
}

// needless adds a group's count to the episode's.
func (e *Episode) needless(n *int) {
	if n != nil {
		if e.Needless == nil {
			e.Needless = new(int)
		}
		*e.Needless += *n
	}
}

// failedNodes returns the nodes that the trial's faults took out of service.
func (t *trial) failedNodes(top record.Topology) []string {
	var nodes []string
	for _, s := range t.steps() {
		if s.Effective != 0 {
			nodes = append(nodes, failed(top, s.On))
		}
	}
	return nodes
}
