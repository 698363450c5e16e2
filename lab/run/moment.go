package run

import (
	"math"
	"math/rand/v2"
	"time"

	"anylab/lab/record"
)

// shortestPeriod is the least time over which a fault's moment is drawn, so
// that it falls anywhere between two probes.
const shortestPeriod = 100 * time.Millisecond

// moments says when in the period of a cell's slowest timer each trial's fault
// comes. From a random start on they follow the multiples of the golden ratio:
// any number of trials in a row covers the period evenly, where independent
// draws would leave gaps, and a median of 20 trials would be off by what chance
// left out. (Kuipers and Niederreiter, Uniform Distribution of Sequences, 2.3.)
//
// A timer without jitter, a health check's for one, keeps its beat through all
// trials of a visit; how long a trial takes is up to chance. So the period is
// counted on the one clock and not from the trial's beginning, which would make
// independent draws of them again. Those they are for timers with jitter, and
// from one visit to the next: each builds a lab whose timers begin anew.
type moments float64

func newMoments(seed uint64, cell int) moments {
	return moments(rand.New(rand.NewPCG(seed, uint64(cell)+1)).Float64())
}

// next returns the moment of the fault in the cell's trial: the first one from
// now on that has the trial's place in the period, or in the least multiple of
// it that is long enough.
func (p moments) next(trial int, period time.Duration, now record.Time) record.Time {
	if period <= 0 {
		period = shortestPeriod
	}
	if period < shortestPeriod {
		period *= (shortestPeriod + period - 1) / period
	}
	_, part := math.Modf(float64(p) + float64(trial)/math.Phi)
	place := time.Duration(part * float64(period))
	gone := time.Duration(now) % period
	return now.Add((place - gone + period) % period)
}
