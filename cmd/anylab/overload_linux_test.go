package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	args := []string{"run", scenario, "--trials", "1", "--quiet"}
	for _, s := range set {
		args = append(args, "--set", s)
	}
	var out string
	var said []byte
	var err error
	for range 3 { // sites that can do no more than they must fall over while the machine is busy, too
		out = t.TempDir()
		if said, err = exec.Command("anylab", append(args, "--out", out)...).CombinedOutput(); !strings.Contains(string(said), "did not settle") {
			break
		}
	}
	dirs, _ := filepath.Glob(filepath.Join(out, "*", "*"))
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

// Two sites of three live, and nearly nobody is served: they are taken out of service for
// what they can't do.
func TestCascade(t *testing.T) {
	t.Parallel()
	f := ofCells(t, "cascade", "matrix=[{label: falls}]", "faults=[{kind: service-crash, on: s1, for: 2s}]", "limit=2s")("falls")
	if e := f.Broken; 10*e.Lost < 4*e.Sent {
		t.Errorf("%d of %d requests are lost, want most", e.Lost, e.Sent)
	}
}

// Who is served by the flooded site loses and waits for its queue; nobody else does.
func TestFlood(t *testing.T) {
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
