package run

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/topologies"
)

// undisturbed is for how long no UPDATE may have been sent before a trial begins.
// Being served and connected is not enough: FRR holds the first UPDATEs to a
// new peer back for up to a second (its subgroup's coalesce time), and one that
// comes after the fault would be taken for its consequence.
const undisturbed = time.Second

// updates passes events on and remembers when the last UPDATE was seen.
type updates struct {
	record.Sink
	last atomic.Int64 // record.Time
}

// Emit implements record.Sink.
func (u *updates) Emit(e record.Event) {
	u.Sink.Emit(e)
	if m, ok := e.Data.(record.BGP); ok && m.Type == record.BGPUpdate {
		u.last.Store(int64(e.At))
	}
}

// over says whether the last UPDATE is long ago.
func (u *updates) over(now record.Time) bool {
	return now.Sub(record.Time(u.last.Load())) >= undisturbed
}

// unheard says what a router's session with an anycast node lacks: a route that
// the node's speaker announces. It is empty when nothing is missing.
func (s *stage) unheard(node string, p bgp.Peer) string {
	near, _ := s.cell.Topology.Node(node)
	far, _ := s.cell.Topology.Node(p.Node)
	speaker := s.world.Speakers[p.Node]
	if near.Role != topologies.Router || far.Role != topologies.Anycast || p.Received > 0 || speaker == nil ||
		near.Config+far.Config != "" { // the user's own policy decides
		return ""
	}
	for _, prefix := range append(speaker.Announced(), s.cell.checked(p.Node)...) {
		if slices.Contains(s.cell.Topology.Anycast, prefix) && prefix.Addr().Is4() == p.Addr.Is4() {
			return fmt.Sprintf("route from %s: %s has received none", p.Node, node)
		}
	}
	return ""
}
