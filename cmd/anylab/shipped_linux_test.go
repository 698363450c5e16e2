package main

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"anylab/lab/fault"
	"anylab/lab/labtest"
	"anylab/reports"
	"anylab/scenarios"
)

// TestEveryScenarioOnce runs every shipped scenario that has no matrix with one
// trial. What the machine is too busy to tell is no failure.
func TestEveryScenarioOnce(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	for _, name := range patientLast(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tryShipped(t, name)
		})
	}
}

// matrices are scenarios with a matrix whose cells are carried out nowhere else, and what
// is set where all of them would take too long.
var matrices = []struct {
	name string
	set  []string
}{
	{"bfd-echo", nil}, {"daemon-revived", nil}, {"dnsdist", nil}, {"full-table", nil}, {"guard", nil}, {"slow-start", nil}, {"vrrp", nil},
	{"flap", []string{"matrix=[{topology.nodes.upstream.daemon: frr, topology.nodes.upstream.damping: {half_life: 1m, longest: 2m}, expect: [catchment_healed(london) == b]}]"}},
	{"slow-convergence", []string{"matrix=[{daemon: frr, bgp.mrai: 5s, settle: 7s, expect: [median(switch) > 3s]}]"}},
}

// TestMatricesOnce runs each cell with one trial.
func TestMatricesOnce(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	for _, m := range matrices {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			tryShipped(t, m.name, m.set...)
		})
	}
}

func tryShipped(t *testing.T, name string, set ...string) {
	t.Helper()
	r := runShipped(t, name, 1, set)
	if r.broken() {
		// One trial of a random process is no verdict: a real
		// failure shows in three more as well.
		t.Logf("failed with one trial:\n%s", r.printed)
		r = runShipped(t, name, 3, set)
	}
	switch {
	case r.code == exitUnavailable && !required(r.printed):
		t.Skip(r.printed)
	case r.broken():
		t.Errorf("exit code %d, for reasons of its own: %v\n%s", r.code, r.own, r.printed)
	default:
		t.Logf("exit code %d", r.code)
	}
}

// patientLast lists the scenarios without a matrix, last those that wait longest for
// service. Package testing begins with the last of parallel tests: nothing waits for
// the slowest in the end.
func patientLast(t *testing.T) []string {
	t.Helper()
	var list []string
	limit := map[string]time.Duration{}
	for _, name := range scenarios.Names() {
		if text, _ := scenarios.Shipped(name); strings.Contains(string(text), "\nmatrix:") {
			continue
		}
		s, err := scenarios.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		list, limit[name] = append(list, name), s.Limit
	}
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(limit[a], limit[b]) })
	return list
}

// Each fault has a scenario of its name, so the test above breaks and heals
// everything in every way.
func TestEveryFaultHasItsScenario(t *testing.T) {
	for _, name := range fault.Names() {
		if !slices.Contains(scenarios.Names(), name) {
			t.Errorf("there is no scenario %s", name)
		}
	}
}

// outcome is that of one run.
type outcome struct {
	printed string
	code    int
	own     []string // doubts that no busy machine explains
}

// broken says that a run did not end as it should on any machine. An
// inconclusive one would hide that if its cause were not looked at.
func (r outcome) broken() bool {
	return r.code != exitPass && (r.code != exitInconclusive || len(r.own) > 0)
}

// ownDoubts are those whose cause is anylab or the scenario.
var ownDoubts = []string{
	"answers-from-the-dead", "calibration-error", "fault-not-verified", "healing-not-verified", "no-samples", "record-cut-short",
}

// briefly is the scenario with a second, at most, for which service must last to
// count as restored: what is to be seen is seen by then.
func briefly(t *testing.T, name string) []string {
	t.Helper()
	s, err := scenarios.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if s.Sustain <= time.Second {
		return []string{"run", name}
	}
	return []string{"run", name, "--set", "sustain=1s"}
}

func runShipped(t *testing.T, name string, trials int, set []string) (r outcome) {
	t.Helper()
	dir := t.TempDir()
	args := append(briefly(t, name), "--trials", strconv.Itoa(trials), "--out", dir)
	for _, s := range set {
		args = append(args, "--set", s)
	}
	run := exec.Command("anylab", args...)
	out, err := run.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r.printed, r.code = string(out), run.ProcessState.ExitCode()
	if r.code != exitInconclusive {
		return r
	}
	dirs, err := filepath.Glob(filepath.Join(dir, name, "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("run directories %v, error %v; want one", dirs, err)
	}
	report, err := reports.Load(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	found := report.Result.Findings
	for _, trial := range report.Result.Trials {
		found = append(found, trial.Findings...)
	}
	for _, f := range found {
		if slices.Contains(ownDoubts, f.Name) {
			r.own = append(r.own, f.Name+": "+f.Detail)
		}
	}
	return r
}

// required says whether what is missing may not be.
func required(printed string) bool {
	return slices.ContainsFunc(strings.Split(os.Getenv(labtest.RequireEnv), ","), func(program string) bool {
		return program != "" && strings.Contains(printed, "no "+program)
	})
}
