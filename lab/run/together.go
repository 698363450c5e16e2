package run

import (
	"math"
	"time"

	"anylab/lab/fault"
	"anylab/scenarios"
)

// together says why the faults of one trial can't be told apart: they are in effect at
// the same time, and the healing of one would undo another.
func (c cell) together() error {
	for i, f := range c.faults {
		for _, g := range c.faults[:i] {
			first, second := g, f
			if second.spec.After < first.spec.After {
				first, second = f, g
			}
			if second.spec.After >= end(first.spec) {
				continue // one after the other
			}
			if first.sites != nil || second.sites != nil {
				continue // where they strike is known in the trial
			}
			if shared := fault.Shared(first.Declaration, second.Declaration); shared != "" {
				return second.spec.Params.Errorf("on", "faults %s and %s are in effect at the same time and both change %s: healing one would undo the other",
					first.spec.Kind, second.spec.Kind, shared)
			}
		}
	}
	return nil
}

// end is when a fault is healed, in time since the trial's first fault.
func end(f scenarios.Fault) time.Duration {
	if f.For == 0 {
		return math.MaxInt64 // once the outcome of all is known
	}
	return f.After + f.For
}
