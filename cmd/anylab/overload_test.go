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

// ofCells runs a shipped scenario once for each of its cells that are given, and
// returns what each showed.
func ofCells(t *testing.T, scenario string, set ...string) func(label string) timeline.Failover {
	t.Helper()
	if testing.Short() || !able() {
		t.Skip("this machine can't build labs, or the tests are to be short")
	}
	out := t.TempDir()
	args := []string{"run", scenario, "--trials", "1", "--quiet", "--out", out}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	said, err := exec.Command("anylab", args...).CombinedOutput()
	dirs, _ := filepath.Glob(filepath.Join(out, scenario, "*"))
	if len(dirs) != 1 {
		t.Fatalf("%v: %s", err, said)
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	return func(label string) timeline.Failover {
		at := slices.IndexFunc(r.Failovers, func(f timeline.Failover) bool { return f.Cell[record.CellLabel] == label })
		if at < 0 {
			t.Fatalf("no trial of %s: %s", label, said)
		}
		return r.Failovers[at]
	}
}

// Of 1,000 requests a second two sites of 450 can answer nine of ten, if they stay. If
// they are taken out of service for it nobody answers.
func TestCascade(t *testing.T) {
	t.Parallel()
	of := ofCells(t, "cascade", "matrix=[{label: falls}, {label: sheds, services.web.shed: true}]",
		"faults=[{kind: service-crash, on: s1, for: 2s}]", "limit=3s")
	falls, sheds := of("falls").Broken, of("sheds").Broken
	share := func(e timeline.Episode) float64 { return float64(e.Lost) / float64(e.Sent) }
	if share(falls) < 0.4 || share(sheds) > 0.35 || share(sheds) < 0.05 {
		t.Errorf("%.0f %% are lost where the sites fall, %.0f %% where they shed; want most, and a tenth", 100*share(falls), 100*share(sheds))
	}
}

// Who is served by the flooded site loses and waits for its queue; nobody else does.
func TestFlood(t *testing.T) {
	t.Parallel()
	f := ofCells(t, "flood", "matrix=[{label: absorbed}]", "faults=[{kind: flood, on: tokyo, rate: 2mbit, for: 2s}]")("absorbed")
	for client, floods := range map[string]bool{"mumbai": true, "madrid": false, "newyork": false} {
		c, ok := f.Of(client)
		if !ok {
			t.Fatalf("nothing is known of %s", client)
		}
		longer := c.RoundTrip.After - c.RoundTrip.Before
		if floods != (longer > 100*time.Millisecond) || floods && c.Broken.Lost == 0 {
			t.Errorf("%s: lost %d, and waits for %v longer", client, c.Broken.Lost, longer)
		}
	}
}
