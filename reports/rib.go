package reports

import "anylab/reports/timeline"

// ribIn returns how long the first router that was told needed from receiving
// the UPDATE to following it in its kernel: RFC 7747 section 5.1.1. ok is
// false if nobody was told, or the route was not the best one.
func ribIn(e timeline.Episode) (i timeline.Interval, ok bool) {
	if len(e.Relays) == 0 {
		return i, false
	}
	return e.Relays[0].RIBIn()
}

// ribOut returns the same until it told the next peer: section 5.1.2.
func ribOut(e timeline.Episode) (i timeline.Interval, ok bool) {
	if len(e.Relays) == 0 {
		return i, false
	}
	return e.Relays[0].RIBOut()
}

// relayed is a metric of the first episode.
func relayed(of func(timeline.Episode) (timeline.Interval, bool)) func(*timeline.Failover) (bounded, bool) {
	return func(f *timeline.Failover) (bounded, bool) {
		i, ok := of(f.Broken)
		return spanned(i), ok
	}
}
