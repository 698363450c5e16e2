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

// TestASessionWithoutACarrierIsMarked: no packet tells that it is over.
func TestASessionWithoutACarrierIsMarked(t *testing.T) {
	v := labView{newSight()}
	said := record.BGP{Link: "upstream-a", From: "a", To: "upstream", Type: record.BGPKeepalive, Family: record.IPv4}
	lost := record.Carrier{Dev: "eth0", Peer: "a"}
	v.take(hand.Seen{Events: []record.Event{{Kind: record.KindBGP, Node: "a", Data: said}, {Kind: record.KindCarrier, Node: "upstream", Data: lost}}})
	if got := v.sessionLines(); len(got) != 1 || got[0][2] != "BGP up, no carrier" {
		t.Errorf("%v", got)
	}
	lost.Up = true
	v.take(hand.Seen{Events: []record.Event{{Kind: record.KindCarrier, Node: "upstream", Data: lost}}})
	if got := v.sessionLines(); got[0][2] != "BGP up" {
		t.Errorf("after it is back: %v", got)
	}
}
