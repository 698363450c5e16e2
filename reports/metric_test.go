package reports

import (
	"math"
	"slices"
	"testing"
)

// What was not restored has no length, however it is measured.
func TestUnendedOutages(t *testing.T) {
	s := crashes(3)
	s.trials[1].dead = true
	r := s.load(t)
	for _, name := range []string{"outage", "loss_derived_outage", "longest_gap"} {
		m := metrics[slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })]
		for i, f := range r.Failovers {
			if v, ok := m.value(f); !ok || math.IsInf(v, 1) != (i == 1) {
				t.Errorf("%s of trial %d is %v, %v", name, i+1, v, ok)
			}
		}
	}
}
