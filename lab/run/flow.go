package run

import (
	"slices"
	"time"

	"anylab/lab/record"
)

// flowSeen follows one flow. A request in flight is neither lost nor answered.
// One is missing once its time is over, or a later one was answered and it should
// have been by the flow's own round trips: however far away the service is, or
// however slow, that it answers late is no loss.
type flowSeen struct {
	seq   uint64      // of the newest answered request
	sent  record.Time // the same, 0 before the first
	lag   time.Duration
	node  string      // who answered it; empty where answers don't tell
	since record.Time // sent: first request of the unbroken run by this node, if the answers that are missing come
	gaps  []overtook  // answers that later ones have overtaken, oldest first
	lost  bool        // the latest whose fate is known
}

// overtook is a row of requests whose answers had not come when that to a
// later request did. If they don't come at all the unbroken run begins there.
type overtook struct {
	from, to uint64 // the answered requests on both sides
	due      record.Time
	after    record.Time
	missing  int
}

// slack is what a busy machine may add to a round trip that was never as long.
const slack = 50 * time.Millisecond

// answered takes the next answer in order of sending, of which was heard at now.
// same says whether its node is no other than before.
func (f *flowSeen) answered(g record.ProbeGroup, s record.Sample, now record.Time, same bool) {
	switch {
	case f.sent == 0 || !same:
		f.since, f.gaps = s.Sent, nil
	case s.Seq != f.seq+uint64(g.Flows):
		f.gaps = append(f.gaps, overtook{f.seq, s.Seq, f.sent.Add(g.Interval()), s.Sent, int((s.Seq-f.seq)/uint64(g.Flows)) - 1})
	}
	f.fold(s.Sent.Add(-g.Timeout))
	f.seq, f.sent, f.lost = s.Seq, s.Sent, false
	if s.Node != "" {
		f.node = s.Node
	}
	f.lag = max(now.Sub(s.Sent), f.lag-f.lag/32) // what was long lately counts, and fades
}

// overtaken takes a sample that a later one of its flow has overtaken; same as in
// answered.
func (f *flowSeen) overtaken(s record.Sample, now record.Time, same bool) {
	i := slices.IndexFunc(f.gaps, func(o overtook) bool { return s.Seq > o.from && s.Seq < o.to })
	switch {
	case i < 0: // a second answer, or the loss was known
	case s.Lost() || !same:
		f.since = max(f.since, f.gaps[i].after)
		f.gaps = slices.Delete(f.gaps, i, i+1)
	default:
		f.lag = max(f.lag, now.Sub(s.Sent))
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

// overdue says whether a request that was due then should have been answered by
// now, going by the flow's round trips.
func (f *flowSeen) overdue(due, now record.Time, interval time.Duration) bool {
	return now.Sub(due) > interval+2*f.lag+slack
}

// silent says whether nothing answers the flow just now.
func (f *flowSeen) silent(now record.Time, interval time.Duration) bool {
	return f.sent == 0 || f.lost || f.overdue(f.sent.Add(interval), now, interval)
}

// whole returns, in times of sending, the last stretch in which every request
// was answered and by one node. It ends with what is not known yet.
func (f *flowSeen) whole(now record.Time, interval time.Duration) (since, until record.Time) {
	since, until = f.since, min(now, f.sent.Add(interval))
	for _, o := range f.gaps {
		if f.overdue(o.due, now, interval) {
			since = max(since, o.after)
		} else {
			until = min(until, o.due)
		}
	}
	return since, until
}
