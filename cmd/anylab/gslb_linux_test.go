package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"anylab/reports"
	"anylab/reports/timeline"
)

// Users whom DNS leads are cut off until the authoritative server has noticed and the
// answer that each has kept is too old: nobody for a shorter time than the one, nobody
// for longer than both, and the others spread in between.
func TestGSLB(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine can't build labs, or the tests are to be short")
	}
	t.Parallel()
	out := t.TempDir()
	said, err := exec.Command("anylab", "run", "gslb", "--trials", "1", "--quiet", "--out", out, "--set",
		"matrix=[{label: DNS, services.web.health: {interval: 1s, timeout: 1s, fall: 2, rise: 2}, services.web.dns: {ttl: 5s}}]").CombinedOutput()
	dirs, _ := filepath.Glob(filepath.Join(out, "gslb", "*"))
	if len(dirs) != 1 {
		t.Fatalf("%v: %s", err, said)
	}
	r, err := reports.Load(dirs[0])
	if err != nil || len(r.Failovers) != 1 {
		t.Fatalf("%d trials, %v: %s", len(r.Failovers), err, said)
	}
	noticed := detection(r.Failovers[0].Broken)
	if noticed == 0 {
		t.Fatalf("nobody noticed: %s", said)
	}
	const (
		ttl     = 5 * time.Second
		counted = time.Second // TTLs are counted in whole ones
		each    = 2 * 50 * time.Millisecond
		slack   = 3 * time.Second // of a busy machine
		longest = (time.Second+time.Second)*(2+1) + ttl + counted
	)
	late := 0
	for _, f := range r.Failovers[0].Broken.Flows {
		switch {
		case f.Outage == nil || f.Outage.Open:
			t.Errorf("user %d: cut off %v", f.Flow, f.Outage)
		case f.Outage.Value < noticed-each || f.Outage.Value > min(noticed+ttl+counted+slack, longest+slack):
			t.Errorf("user %d is cut off for %v; %v of it nobody had noticed", f.Flow, f.Outage.Value, noticed)
		case f.Outage.Value > noticed+ttl/2:
			late++
		}
	}
	if n := len(r.Failovers[0].Broken.Flows); n != 64 || late < n/8 || late > n-n/8 {
		t.Errorf("%d of %d users have half of the TTL behind them: their phases are not spread", late, n)
	}
}

func detection(e timeline.Episode) time.Duration {
	for _, s := range e.Stages {
		if s.Name == timeline.Detect {
			return s.At.Sub(e.Zero)
		}
	}
	return 0
}
