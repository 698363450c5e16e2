package run

import (
	"cmp"
	"time"

	"anylab/lab/fault"
)

// lasts is how long a trial of the cell takes, as far as can be told: until the
// outcome is known and has been sustained, and all is well again.
func (c cell) lasts() time.Duration {
	return max(c.period(), shortestPeriod)/2 + asBefore + c.broken() + c.Sustain + quiet + 2*c.roundTrip()
}

// broken is how long something is broken: until the last fault is healed, or its outcome
// is known.
func (c cell) broken() time.Duration {
	known := c.known()
	if len(c.faults) == 0 {
		return known
	}
	var longest time.Duration
	for _, f := range c.faults {
		longest = max(longest, f.spec.After+cmp.Or(f.spec.For, known))
	}
	return longest
}

// known is how long it takes until the outcome of the first fault is.
func (c cell) known() time.Duration {
	switch {
	case !c.theory.Unbounded && len(c.strikes()) > 0: // it is over once others serve
		return min((c.theory.Low+c.theory.High)/2+c.Sustain, c.Limit)
	case !c.theory.Unbounded:
		return min(c.theory.High+c.Sustain, c.Limit)
	case c.theory.Told != fault.Nothing: // the user's own program does
		return min(3*c.theory.Period+c.Sustain, c.Limit)
	}
	return c.Limit // nothing detects it
}

// Takes is how long the run takes, from the least number of trials to the most, and the
// longest of them, as far as can be told.
func (p *Plan) Takes() (least, most, trial time.Duration) {
	least = time.Duration(len(p.cells)) * (p.Size().Build + undisturbed)
	most = least
	for _, c := range p.cells {
		sure := c.Trials
		if c.Until != nil {
			sure = c.Until.Min
		}
		trial = max(trial, c.lasts())
		least += time.Duration(sure) * c.lasts()
		most += time.Duration(c.Trials) * c.lasts()
	}
	return least, most, trial
}
