package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"anylab/reports"
)

// runOnce makes one trial of a shipped scenario with settings of the test's own,
// and returns its report.
func runOnce(t *testing.T, name string, settings ...string) *reports.Report {
	t.Helper()
	if testing.Short() || !able() {
		t.Skip("this machine can't build labs, or the tests are to be short")
	}
	t.Parallel()
	out := t.TempDir()
	args := []string{"run", name, "--trials", "1", "--quiet", "--out", out}
	for _, s := range settings {
		args = append(args, "--set", s)
	}
	said, err := exec.Command("anylab", args...).CombinedOutput()
	dirs, _ := filepath.Glob(filepath.Join(out, name, "*"))
	if len(dirs) != 1 {
		t.Fatalf("%v: %s", err, said)
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failovers) != 1 {
		t.Fatalf("%d trials, want one: %s", len(r.Failovers), said)
	}
	return r
}

// London is served across the ocean, since its provider prefers its peer, until
// the site there has failed.
func TestPeerPreferred(t *testing.T) {
	r := runOnce(t, "policy", "matrix=[{label: peer preferred, topology.links.1.to.provider.local_preference: 300}]")
	c, ok := r.Failovers[0].Of("london")
	if !ok || c.Optimal == nil {
		t.Fatalf("nothing is known of london: %+v", c)
	}
	before, after := only(c.Before.AnsweredBy), only(c.Broken.AnsweredBy)
	if before != "ashburn" || after != "frankfurt" || *c.Optimal || c.RoundTrip.Before < c.RoundTrip.After {
		t.Errorf("london: %s and then %s, at its nearest site: %v, %+v", before, after, *c.Optimal, c.RoundTrip)
	}
}
