package reports

import (
	"math"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// bounded is one number of a trial, with the ends between which the truth lies.
// +Inf stands for "longer than was waited": its low end is what was waited.
type bounded struct{ value, low, high float64 }

// exactly is a number about which there is no doubt.
func exactly(v float64) bounded { return bounded{v, v, v} }

// endless is a time that did not end while it was watched.
func endless(known time.Duration) bounded {
	return bounded{math.Inf(1), millis(known), math.Inf(1)}
}

// spanned reads a measured interval.
func spanned(i timeline.Interval) bounded {
	if i.Open {
		return endless(i.Low)
	}
	return bounded{millis(i.Value), millis(i.Low), millis(i.High)}
}

// part is what of a trial a metric tells of, as far as doubts go.
type part int

const (
	untouched    part = iota // a count that no waiting changes
	served                   // what users saw
	achieved                 // what the failover did for them
	noticed                  // of the failure
	passed                   // the news, from router to router
	servedBack               // what users saw after healing
	achievedBack             // what the way back did for them
	throughout               // what users saw of the whole trial
)

// widen adds the doubts of the trial to a number's ends. per is how much of the
// metric's unit a millisecond is worth.
func (r bounded) widen(f *timeline.Failover, of part, per float64) bounded {
	low, high := reach(f, of)
	if low > 0 {
		r.low = max(0, r.low-per*millis(low))
	}
	if high > 0 {
		r.high += per * millis(high)
	}
	return r
}

// rate is how many requests all probes of the trial sent in a millisecond.
func rate(f *timeline.Failover) float64 {
	sum := 0.0
	for _, r := range f.Recorded {
		sum += r.Group.Rate
	}
	return sum / 1000
}

// lossless says that nothing was lost. A pause between requests that is not much
// longer than it should be hides nothing; one that is may hide an outage as long.
func lossless(f *timeline.Failover, r bounded) bounded {
	if r.value != 0 {
		return r
	}
	usual := time.Duration(0)
	for _, g := range f.Broken.Groups {
		usual = max(usual, resolution(f, g))
	}
	if r.high <= millis(max(2*usual, usual+edgeBlur)) {
		return exactly(0)
	}
	return r
}

// resolution is the time between two requests that share their fate.
func resolution(f *timeline.Failover, g timeline.Group) time.Duration {
	for _, r := range f.Recorded {
		if r.Group.Name == g.Name && g.Together {
			return time.Duration(float64(time.Second) / r.Group.Rate)
		}
		if r.Group.Name == g.Name {
			return r.Group.Interval()
		}
	}
	return 0
}

// stamped returns the earliest and the latest moment of a stage, as far as its
// stamp tells. Where nobody recorded how long the stamping thread waited it is
// taken at its word: that the load is not known is a note.
func stamped(f *timeline.Failover, s timeline.Stage) (low, high record.Time) {
	if len(f.Loads) == 0 || unwatched(*f) != "" || s.High == 0 {
		return s.At, s.At
	}
	return s.Low, s.High
}
