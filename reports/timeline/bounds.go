package timeline

import (
	"cmp"
	"slices"
	"time"

	"anylab/lab/record"
)

// Source is what a stage's stamp was taken by, which says how far it can be off.
type Source string

// The sources.
const (
	// ByPacket: the kernel stamped a packet. The error is that of mapping the
	// wall clock to the run's.
	ByPacket Source = "packet"
	// ByReader: a thread that was told stamped the moment at which it ran: the
	// event may be earlier by as long as it waited for a processor.
	ByReader Source = "reader"
	// ByProbe: the kernel stamped the first answer. Service was back at some
	// moment since the last request that was lost.
	ByProbe Source = "probe"
)

const (
	// mapping is the error of the sampled offset between the two clocks.
	mapping = 10 * time.Microsecond
	// waking is what it takes a thread to wake, be told and stamp on a machine
	// that has a processor for it.
	waking = 100 * time.Microsecond
)

// bound sets the bounds of the true moments of stages and relays. Nothing precedes its
// cause: what a reader saw is not earlier than the stage before it. Where the
// machine's load was not recorded that is all that is known.
func (e *Episode) bound(clock time.Duration, loads []Load) {
	for i := range e.Relays {
		r := &e.Relays[i]
		r.Off, r.Early = mapping+clock, held(r.Installed, loads)
	}
	if len(e.Stages) == 0 {
		return
	}
	cause := cmp.Or(e.Stages[0].Low, e.Zero.Add(-e.Bracket))
	for i := 1; i < len(e.Stages); i++ {
		s := &e.Stages[i]
		if s.Name == Restore && len(e.Routers) > 1 {
			cause = e.Stages[0].Low // the users' router may have been the first of them
		}
		s.High = s.At
		switch s.Source {
		case ByPacket:
			s.Low, s.High = s.At.Add(-mapping-clock), s.At.Add(mapping+clock)
		case ByProbe:
			s.High = s.At.Add(mapping + clock)
		default:
			s.Low = s.At.Add(-held(s.At, loads))
		}
		s.Low = min(max(s.Low, cause), s.At)
		cause = s.Low
	}
}

// held returns how long before its stamp a reader may have been told.
func held(at record.Time, loads []Load) time.Duration {
	for i, l := range loads {
		if at < l.From || at > l.To {
			continue
		}
		wait := waited(l, record.Observing)
		if i > 0 && at.Sub(l.From) < wait { // it may have begun before this sample
			wait += waited(loads[i-1], record.Observing)
		}
		return waking + wait
	}
	return time.Duration(at)
}

// waited returns the longest wait of the threads of a role in the sample; all
// of its time if the kernel does not tell.
func waited(l Load, role record.Role) time.Duration {
	if l.Missed != "" && len(l.Waits) == 0 {
		return l.To.Sub(l.From)
	}
	for _, w := range l.Waits {
		if w.Role == role {
			return w.For
		}
	}
	return 0
}

// Bounds returns the least and the most time from the change to the stage, as
// far as its stamp and the bracket of the change tell.
func (e Episode) Bounds(s Stage) (low, high time.Duration) {
	if s.Name == Inject || s.Name == Heal {
		return s.Low.Sub(e.Zero), s.High.Sub(e.Zero)
	}
	return max(0, s.Low.Sub(e.Zero)), s.High.Sub(e.Zero) + e.Bracket
}

// lostSince returns when the first request had left that was lost in the
// longest gap of its flow; 0 if none was. It was lost within a round trip.
func (e *Episode) lostSince() record.Time {
	var first record.Time
	for _, f := range e.Flows {
		if len(f.Gaps) == 0 {
			continue
		}
		longest := slices.MaxFunc(f.Gaps, func(a, b Gap) int { return cmp.Compare(a.Last-a.First, b.Last-b.First) })
		if first == 0 || longest.Left < first {
			first = longest.Left
		}
	}
	return first
}
