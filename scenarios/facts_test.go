package scenarios

import (
	"strings"
	"testing"
)

const entries = `name: timers
topology: three-sites
services:
  - {name: dns, kind: dns, on: [a, b, c]}
probes:
  - {from: london, service: dns}
faults:
  - {kind: service-crash, on: a}
matrix:
  - {label: fast, bfd.interval: 50ms}
  - {label: slow, bfd.interval: 300ms, trials: 3, expect: [max(outage) < 2s]}
`

// How many trials a cell has, and what is expected of it, makes the experiment
// no other one. What it sets does, and so does its name.
func TestExperimentOfEntries(t *testing.T) {
	base := parsed(t, entries)
	more, err := base.WithTrials(20)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		s    Scenario
		same bool
	}{
		"more trials":      {more, true},
		"own trials":       {parsed(t, strings.Replace(entries, "trials: 3", "trials: 6", 1)), true},
		"own expectations": {parsed(t, strings.Replace(entries, "< 2s", "< 1s", 1)), true},
		"another interval": {parsed(t, strings.Replace(entries, "300ms", "200ms", 1)), false},
		"another label":    {parsed(t, strings.Replace(entries, "slow", "lazy", 1)), false},
		"a cell less":      {parsed(t, strings.Replace(entries, "  - {label: fast, bfd.interval: 50ms}\n", "", 1)), false},
	} {
		if same := c.s.Digest() == base.Digest(); same != c.same {
			t.Errorf("%s: the same experiment: %v, want %v", name, same, c.same)
		}
	}
}

func parsed(t *testing.T, text string) Scenario {
	t.Helper()
	s, err := Parse("entries.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
