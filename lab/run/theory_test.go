package run

import (
	"testing"
	"time"

	"anylab/scenarios"
)

// A router that finds out by itself is seen to do so late, if it is slow.
func TestTheoryOfWhatIsSeen(t *testing.T) {
	for _, c := range []struct {
		daemon, fault string
		high          time.Duration
	}{
		{"frr", "{kind: blackhole, on: [upstream, a]}", 3085 * time.Millisecond},
		{"frr", "{kind: power-loss, on: a}", 3085 * time.Millisecond},
		{"frr", "{kind: blackhole, on: [upstream, a], direction: a->upstream}", 3085 * time.Millisecond},
		{"frr", "{kind: reboot, on: a}", 3085 * time.Millisecond},
		{"frr", "{kind: loss, on: [upstream, a], percent: 100%}", 3085 * time.Millisecond},
		{"gobgp", "{kind: blackhole, on: [upstream, a]}", 3 * time.Second},
		{"gobgp", "{kind: reboot, on: a}", 3 * time.Second},
		{"frr", "{kind: daemon-freeze, on: a}", 3 * time.Second}, // its NOTIFICATION arrives
	} {
		s, err := scenarios.Load("blackhole", "daemon="+c.daemon, "faults=["+c.fault+"]")
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		one := p.cells[0]
		if seen := one.seen(); seen.High != c.high || seen.Low != one.theory.Low {
			t.Errorf("%s of %s: %v to %v, want up to %v", c.fault, c.daemon, seen.Low, seen.High, c.high)
		}
	}
}
