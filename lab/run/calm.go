package run

import (
	"sync/atomic"
	"time"

	"anylab/lab/record"
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
