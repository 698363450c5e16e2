package run

import (
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/scenarios"
)

// What comes next in a trial of several faults.
func TestNext(t *testing.T) {
	start := record.Time(time.Minute)
	after := func(seconds int) record.Time { return start.Add(time.Duration(seconds) * time.Second) }
	waits := func(seconds int) []planned {
		return []planned{{spec: scenarios.Fault{After: time.Duration(seconds) * time.Second}}}
	}
	healed := func(times ...record.Time) []broken {
		var list []broken
		for _, at := range times {
			list = append(list, broken{heal: at})
		}
		return list
	}
	for name, c := range map[string]struct {
		waiting []planned
		active  []broken
		heal    int
		at      record.Time
	}{
		"the first is injected at once":               {waits(0), nil, -1, start},
		"the second at its offset":                    {waits(3), healed(0), -1, after(3)},
		"before the first is healed":                  {waits(3), healed(after(5)), -1, after(3)},
		"at the moment when the first is healed":      {waits(5), healed(after(5)), -1, after(5)},
		"the first is healed before the second":       {waits(7), healed(after(5)), 0, after(5)},
		"who is due first is healed first":            {nil, healed(after(9), after(6), 0), 1, after(6)},
		"of those without a time, the last":           {nil, healed(0, 0), 1, 0},
		"who has a time before who is healed at last": {nil, healed(0, after(4)), 1, after(4)},
	} {
		if heal, at := next(start, c.waiting, c.active); heal != c.heal || at != c.at {
			t.Errorf("%s: heal %d at %v, want %d at %v", name, heal, at.Sub(start), c.heal, c.at.Sub(start))
		}
	}
}
