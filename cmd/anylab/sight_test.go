package main

import (
	"testing"

	"anylab/lab/hand"
	"anylab/lab/record"
)

// TestAFaultIsInEffectUntilItIsHealed, also for who comes in the middle, and of two on
// one node each by itself.
func TestAFaultIsInEffectUntilItIsHealed(t *testing.T) {
	step := func(kind string, phase record.FaultPhase) record.Event {
		return record.Event{Kind: record.KindFault, Data: record.Fault{Kind: kind, On: []string{"a"}, Phase: phase}}
	}
	s := newSight()
	for _, c := range []struct {
		event record.Event
		want  int
	}{
		{step("one", record.FaultVerified), 1},
		{step("two", record.FaultInject), 1},
		{step("two", record.FaultEffective), 2},
		{step("two", record.FaultVerified), 2},
		{step("one", record.FaultHeal), 2},
		{step("one", record.FaultHealed), 1},
		{step("one", record.FaultHealVerified), 1},
		{step("two", record.FaultHealVerified), 0},
	} {
		s.take(hand.Seen{Events: []record.Event{c.event}})
		if len(s.faults) != c.want {
			t.Errorf("after %+v %d are in effect, want %d", c.event.Data, len(s.faults), c.want)
		}
	}
}
