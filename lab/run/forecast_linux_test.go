package run

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// drill is a scenario with these faults and as many trials.
func drill(t *testing.T, health, faults string) *Plan {
	t.Helper()
	p, err := compileFile("mine.yaml", withService("kind: dns, health: "+health, "")+"faults: "+faults+"\ntrials: 4\n")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A run takes as long as its faults last, however late they come.
func TestForecast(t *testing.T) {
	const quick = "{interval: 100ms, timeout: 100ms, fall: 2, rise: 2}"
	for name, c := range map[string]struct {
		faults     string
		low, above time.Duration // of a trial
	}{
		"until its outcome is known": {"[{kind: service-crash, on: a}]", 2 * time.Second, 4 * time.Second},
		"for a time":                 {"[{kind: service-crash, on: a, for: 20s}]", 21 * time.Second, 24 * time.Second},
		"late":                       {"[{kind: service-crash, on: a, for: 2s}, {kind: service-crash, on: b, after: 23h, for: 2s}]", 23 * time.Hour, 23*time.Hour + time.Minute},
		"again and again":            {"[{kind: service-crash, on: a, for: 2s, repeat: {times: 5, every: 10s}}]", 42 * time.Second, 50 * time.Second},
		"none":                       {"[]", 2 * time.Second, 4 * time.Second},
	} {
		least, most, trial := drill(t, quick, c.faults).Takes()
		if trial < c.low || trial > c.above || least != most || least < 4*trial || least > 4*trial+time.Minute {
			t.Errorf("%s: %v to %v, a trial %v; want a trial of %v to %v", name, least, most, trial, c.low, c.above)
		}
	}
}

// A check that may take longer than its interval is not made at that interval.
func TestChecksThatOverrun(t *testing.T) {
	const faults = "[{kind: service-hang, on: a}]"
	for health, want := range map[string]string{
		"{interval: 100ms, timeout: 1s, fall: 2, rise: 2}":    "mine.yaml:4:61: the health check of s is to be made every 100 ms and may take its timeout, 1 s: ",
		"{interval: 100ms, timeout: 100ms, fall: 2, rise: 2}": "",
		"{interval: 100ms}": "",
		"{kind: process, interval: 100ms, timeout: 1s, fall: 2, rise: 2}": "",
	} {
		lines := drill(t, health, faults).Warnings()
		if want == "" && len(lines) > 0 || want != "" && !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, want) }) {
			t.Errorf("%s: %q, want %q", health, lines, want)
		}
	}
}
