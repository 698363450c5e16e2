package reports

import "anylab/reports/timeline"

// ribIn returns how long the first router that was told needed from receiving
// the UPDATE to following it in its kernel: RFC 7747 section 5.1.1. ok is
// false if nobody was told, or the route was not the best one.
func ribIn(e timeline.Episode) (ms float64, ok bool) {
	if len(e.Relays) == 0 || e.Relays[0].Installed == 0 {
		return 0, false
	}
	return max(0, millis(e.Relays[0].Installed.Sub(e.Relays[0].In))), true
}

// ribOut returns the same until it told the next peer: section 5.1.2.
func ribOut(e timeline.Episode) (ms float64, ok bool) {
	if len(e.Relays) == 0 || e.Relays[0].Out == 0 {
		return 0, false
	}
	return max(0, millis(e.Relays[0].Out.Sub(e.Relays[0].In))), true
}
