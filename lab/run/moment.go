package run

import (
	"math/rand/v2"
	"time"

	"anylab/lab/record"
)

// shortestPeriod is the least time over which a fault's moment is drawn, so
// that it falls anywhere between two probes.
const shortestPeriod = 100 * time.Millisecond

// moments says when in the period of a cell's slowest timer each trial's fault
// comes. Trials come in blocks, of as many as the cell has up to a limit; those
// of a block take all the block's parts of the period, each once, at a random
// place within it and in random order.
//
// The even cover is for a timer that keeps its beat through all trials of a
// visit, as a health check's does: independent draws would leave gaps, and a
// median of 20 trials would be off by what chance left out. So the period is
// counted on the one clock. The random order is for a timer whose beat begins
// anew at each failover or healing: what it sees is how far a trial's moment is
// from the one before, and steps of one size would show it one phase only.
type moments struct {
	seed  uint64
	cell  int
	block int // trials
}

// longestBlock is how many trials a block has at most, so that a cell that
// stops early has covered the period too.
const longestBlock = 20

func newMoments(seed uint64, cell, trials int) moments {
	return moments{seed, cell, max(1, min(trials, longestBlock))}
}

// next returns the moment of the fault in the cell's trial: the first one from
// now on that has the trial's place in the period, or in the least multiple of
// it that is long enough.
func (m moments) next(trial int, period time.Duration, now record.Time) record.Time {
	if period <= 0 {
		period = shortestPeriod
	}
	if period < shortestPeriod {
		period *= (shortestPeriod + period - 1) / period
	}
	place := time.Duration(m.part(trial) * float64(period))
	gone := time.Duration(now) % period
	return now.Add((place - gone + period) % period)
}

// part returns the trial's place, as a share of the period.
func (m moments) part(trial int) float64 {
	random := rand.New(rand.NewPCG(m.seed, uint64(m.cell)<<32+uint64(trial/m.block)+1))
	order := random.Perm(m.block)
	within := make([]float64, m.block)
	for i := range within {
		within[i] = random.Float64()
	}
	i := trial % m.block
	return (float64(order[i]) + within[i]) / float64(m.block)
}
