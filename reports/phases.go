package reports

import (
	"fmt"

	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// From spreadTrials trials on it is tested whether faults struck all over the
// period of the slowest timer in play. They did not where that is less probable
// than spreadLevel and where the moments point one way as much as those of a
// quarter of the period do.
const (
	spreadTrials = 6
	spreadLevel  = 0.01
	quarterPhase = 0.9 // mean resultant length of a uniform quarter: sin(pi/4)/(pi/4)
)

// phasesNotSpread says that the faults of a cell kept striking one phase of its
// slowest timer, in milliseconds a period, so that its statistics tell of that
// phase only. What is looked at is when the first consequence was seen: the
// fault's moment against a beat that nobody outside can see. A restart that came before
// anybody noticed came after its own time, whatever the beat.
func phasesNotSpread(good []timeline.Failover, period float64) string {
	var first []float64
	for _, f := range good {
		if s := f.Broken.Stages; len(s) > 1 && (s[1].Name != timeline.Restore || f.Broken.EndedBy != timeline.ByRestart) {
			first = append(first, millis(s[1].At.Sub(f.Broken.Zero)))
		}
	}
	if len(first) < spreadTrials || period <= 0 {
		return ""
	}
	r, p := stats.Rayleigh(first, period)
	if p > spreadLevel || r < quarterPhase {
		return ""
	}
	s := stats.Summarise(first, 0)
	return fmt.Sprintf("the faults struck one phase of a timer of %s: the first consequence came after %s in all of %s, and anything else may have been missed",
		words.Milliseconds(period), words.Span(s.Min, s.Max), words.Count(len(first), "trial"))
}
