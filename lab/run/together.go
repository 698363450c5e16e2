package run

import (
	"math"
	"time"

	"anylab/lab/fault"
	"anylab/scenarios"
	"anylab/topologies/document"
)

// together says why the faults of one trial can't be told apart: one begins
// when another was healed already, or the healing of one would undo another.
func (c cell) together() error {
	for i, f := range c.faults {
		for _, g := range c.faults[:i] {
			first, second := g, f
			if second.spec.After < first.spec.After {
				first, second = f, g
			}
			if second.spec.After >= end(first.spec) {
				return second.spec.Params.Errorf("after", "fault %s begins when %s was healed already, %v after the trial's first fault: what it breaks would be taken for the failback; let it begin earlier, or the other last longer (for)",
					second.spec.Kind, first.spec.Kind, document.Duration(end(first.spec)))
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
