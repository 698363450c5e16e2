package run

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"anylab/lab/fault"
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

// That it is not known is said once.
func TestTheoryThatIsNotKnown(t *testing.T) {
	s, err := scenarios.Load("blackhole")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	for why, want := range map[string]string{
		"not known: nobody says":      "blackhole: not known: nobody says",
		"s1 hears nobody, and speaks": "blackhole: never detected, or not known: s1 hears nobody, and speaks",
	} {
		p.cells[0].theory = fault.Theory{Unbounded: true, Told: fault.Nothing, Why: why}
		if got := p.Theory()[0]; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Of very many cells the theory is as few lines as it takes, or the first of them.
func TestTheoryOfManyCells(t *testing.T) {
	var flows, intervals []string
	for i := range 100 {
		flows, intervals = append(flows, fmt.Sprint(i+1)), append(intervals, fmt.Sprintf("%dms", 10+i))
	}
	for _, c := range []struct {
		matrix string
		lines  int
		last   string
	}{
		{"{bfd.interval: [50ms, 60ms]}", 2, "(bfd.interval=60ms)"},
		{"{probes.flows: [" + strings.Join(flows, ", ") + "]}", 1, "more)"},
		{"{bfd.interval: [" + strings.Join(intervals, ", ") + "]}", mostTheories + 1, "... and 80 more, of other cells"},
	} {
		s, err := scenarios.Load("silent-drop-bfd", "matrix="+c.matrix)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Theory(); len(got) != c.lines || !strings.HasSuffix(got[len(got)-1], c.last) {
			t.Errorf("%.60s: %d lines, want %d; the last is %q, want %q", c.matrix, len(got), c.lines, got[len(got)-1], c.last)
		}
	}
}
