package run

import (
	"testing"

	"anylab/lab/labtest"
	"anylab/lab/record"
)

// Every connection to a crashed server ends, and its flow connects again.
func TestLongLivedConnectionsAreRecorded(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	path, err := execute(t.Context(), t, compile(t, "tcp-streams", "trials=1", "faults.0.for=3s"))
	if err != nil {
		t.Fatal(err)
	}
	inject, heal := faultTimes(t, path)
	ended, again := map[int]bool{}, map[int]string{}
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		d, ok := e.Data.(record.Stream)
		switch {
		case !ok || e.At < inject || e.At > heal:
		case d.Event != record.StreamConnected && d.Node == "a":
			ended[d.Flow] = true
		case d.Event == record.StreamConnected && ended[d.Flow] && again[d.Flow] == "":
			again[d.Flow] = d.Node
		}
	}
	const flows = 16
	if len(ended) != flows || len(again) != flows {
		t.Errorf("%d connections to a ended and %d came again, want %d", len(ended), len(again), flows)
	}
	for flow, node := range again {
		if node != "b" {
			t.Errorf("flow %d connected again to %q, want b", flow, node)
		}
	}
}

// faultTimes returns when the fault of a run's only trial was injected and healed.
func faultTimes(t *testing.T, path string) (inject, heal record.Time) {
	t.Helper()
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := e.Data.(record.Fault); ok && d.Phase == record.FaultInject {
			inject = e.At
		} else if ok && d.Phase == record.FaultHeal {
			heal = e.At
		}
	}
	if inject == 0 || heal < inject {
		t.Fatalf("a fault from %v to %v", inject, heal)
	}
	return inject, heal
}

// With hash-threshold flows of healthy nodes move when a member is lost, with
// a resilient group none does. The services are healthy while they run: a check
// that may be late would move flows as well.
func TestFlowsThatMoveWithoutNeed(t *testing.T) {
	t.Parallel()
	for scenario, want := range map[string]bool{"ecmp-rehash": true, "ecmp-resilient": false} {
		t.Run(scenario, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			path, err := execute(t.Context(), t, compile(t, scenario, "trials=1", "faults.0.for=1s", "services.dns.health={kind: process}"))
			if err != nil {
				t.Fatal(err)
			}
			if moved := movedWithoutNeed(t, path, "a"); (moved > 0) != want {
				t.Errorf("%d flows of healthy nodes moved, want some: %v", moved, want)
			}
		})
	}
}

// movedWithoutNeed counts the flows that were answered by another node while
// the failed one was broken, and by neither that one nor the same before.
func movedWithoutNeed(t *testing.T, path, failed string) int {
	t.Helper()
	inject, heal := faultTimes(t, path)
	before, moved := map[int]string{}, map[int]bool{}
	for s, err := range record.Samples(path, "london-dns") {
		switch {
		case err != nil:
			t.Fatal(err)
		case s.Lost():
		case s.Received < inject:
			before[s.Flow] = s.Node
		case s.Received < heal && before[s.Flow] != failed && s.Node != before[s.Flow]:
			moved[s.Flow] = true
		}
	}
	return len(moved)
}
