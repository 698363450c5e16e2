package reports

import (
	"math"
	"testing"

	"anylab/reports/timeline"
)

// What was not restored has no length, however it is measured.
func TestUnendedOutages(t *testing.T) {
	s := crashes(3)
	s.trials[1].dead = true
	r := s.load(t)
	for _, name := range []string{"outage", "loss_derived_outage"} {
		for i, f := range r.Failovers {
			if v, ok := named(t, name).of(&f); !ok || math.IsInf(v.value, 1) != (i == 1) {
				t.Errorf("%s of trial %d is %v, %v", name, i+1, v, ok)
			}
		}
	}
}

// What users saw of it has one, if the repair ended it.
func TestWhatARepairEndedIsKnown(t *testing.T) {
	s := crashes(1)
	s.trials[0].dead = true
	f := s.load(t).Failovers[0]
	for _, name := range []string{"interruption", "longest_gap"} {
		if v, ok := named(t, name).of(&f); !ok || v.value < 1900 || v.value > 2100 {
			t.Errorf("%s is %v, %v, want the 2 s until the repair", name, v, ok)
		}
	}
	f.Broken.Groups[0].Ended, f.Interruptions[0].Open = timeline.ByNothing, true
	for _, name := range []string{"interruption", "longest_gap"} {
		if v, ok := named(t, name).of(&f); !ok || !math.IsInf(v.value, 1) {
			t.Errorf("%s is %v, %v, though nothing ended it", name, v, ok)
		}
	}
}

func named(t *testing.T, name string) metric {
	t.Helper()
	m, ok := metricOf(name)
	if !ok {
		t.Fatalf("no metric %s", name)
	}
	return m
}
