package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/timeline"
)

// London is two networks from the site across the ocean, and two from the one next
// door: it is served from afar while that site lives, and nearer when it has failed.
// Of one site alone everybody is served by it, however far away, or not at all.
func TestLatency(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine can't build labs, or the tests are to be short")
	}
	t.Parallel()
	out := t.TempDir()
	said, err := exec.Command("anylab", "run", "latency", "--trials", "1", "--quiet", "--out", out).CombinedOutput()
	dirs, _ := filepath.Glob(filepath.Join(out, "latency", "*"))
	if len(dirs) != 1 {
		t.Fatalf("%v: %s", err, said)
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failovers) != 2 {
		t.Fatalf("%d trials, want one of each arm: %s", len(r.Failovers), said)
	}
	const slack = 250 * time.Millisecond // of a busy machine, at the median
	type seen struct {
		client, before, after string
		trip, later           time.Duration // by the links' delays; 0: nobody answers
		best                  bool
	}
	for arm, want := range map[bool][]seen{ // whether there is one site alone
		false: {
			{"london", "ashburn", "frankfurt", 98600 * time.Microsecond, 10700 * time.Microsecond, false},
			{"newyork", "ashburn", "saopaulo", 5200 * time.Microsecond, 120300 * time.Microsecond, true},
			{"tokyo", "singapore", "singapore", 79800 * time.Microsecond, 79800 * time.Microsecond, true},
		},
		true: {
			{"newyork", "ashburn", "", 5200 * time.Microsecond, 0, true},
			{"sydney", "ashburn", "", 347200 * time.Microsecond, 0, false},
		},
	} {
		f := r.Failovers[slices.IndexFunc(r.Failovers, func(f timeline.Failover) bool { return (f.Cell[record.CellLabel] == "one site") == arm })]
		for _, w := range want {
			c, ok := f.Of(w.client)
			if !ok {
				t.Fatalf("one site %v: nothing is known of %s", arm, w.client)
			}
			if by, then := only(c.Before.AnsweredBy), only(c.Broken.AnsweredBy); by != w.before || then != w.after {
				t.Errorf("one site %v: %s is answered by %q and after the crash by %q, want %q and %q", arm, w.client, by, then, w.before, w.after)
			}
			for got, trip := range map[time.Duration]time.Duration{c.RoundTrip.Before: w.trip, c.RoundTrip.After: w.later} {
				if got < trip-time.Millisecond || got > trip+slack || trip == 0 && got != 0 {
					t.Errorf("one site %v: %s has a round trip of %v, want %v", arm, w.client, got, trip)
				}
			}
			if c.Optimal == nil || *c.Optimal != w.best {
				t.Errorf("one site %v: %s at its nearest site: %v, want %v", arm, w.client, c.Optimal, w.best)
			}
		}
	}
}

// only returns who answered, of a client with one probe.
func only(answeredBy map[string]string) string {
	for _, by := range answeredBy {
		return by
	}
	return ""
}
