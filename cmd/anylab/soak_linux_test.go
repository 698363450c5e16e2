package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports"
)

// soakOnce makes a short soak through the command, in the directory of the cases, and
// returns what it has come to and its directory.
func soakOnce(t *testing.T, name string, args ...string) (s *reports.Soak, dir string, code int, said string) {
	t.Helper()
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	out := t.TempDir()
	c := exec.Command("anylab", append([]string{"soak", name, "--out", out, "--calm", "200ms", "--set", "settle=100ms", "--set", "sustain=100ms"}, args...)...)
	c.Dir = filepath.Join("testdata", "cases")
	text, err := c.CombinedOutput()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	dirs, err := filepath.Glob(filepath.Join(out, "*-soak", "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("directories %v, error %v; want one\n%s", dirs, err, text)
	}
	if s, err = reports.LoadSoak(dirs[0]); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s, dirs[0], code, string(text)
}

// A soak in which all is well makes every fault in the order of its seed, and leaves
// nothing behind but its sum.
func TestSoakThatHolds(t *testing.T) {
	s, dir, code, said := soakOnce(t, "service-crash", "--seed", "3", "--trials", "8", "--only", "service-crash", "--only", "link-down", "--set", "services.dns.health.timeout=1s")
	if s.Violated > 0 || code != exitPass && s.Unclear == 0 {
		t.Fatalf("exit code %d, violations %+v\n%s", code, s.Violations, said)
	}
	made := map[string]int{}
	for _, f := range s.Faults {
		for on, n := range f.On {
			made[on] += n
		}
	}
	if s.Trials != 8 || len(made) != 6 {
		t.Errorf("%d faults: %v; want 8, of all six ways", s.Trials, made)
	}
	for _, g := range s.Growth {
		if g.Grown {
			t.Errorf("%s grew from %d to %d", g.What, g.First, g.Last)
		}
	}
	if kept, _ := filepath.Glob(filepath.Join(dir, "trial-*")); len(kept) != s.Unclear {
		t.Errorf("kept: %v; want the record of what was unclear, and no other", kept)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "logs", "*", "state-*")); len(files) != 0 {
		t.Errorf("what was seen around the faults is left: %v", files)
	}
}

// A site whose health check never passes again does not come back. The record of the fault
// is one that can be judged.
func TestSoakFindsASiteThatNeverComesBack(t *testing.T) {
	s, dir, code, said := soakOnce(t, "latch.yaml", "--seed", "1", "--only", "service of a crashes", "--fail-fast", "--set", "limit=3s")
	if code != exitFail || len(s.Violations) == 0 || s.Trials != 1 {
		t.Fatalf("exit code %d after %d faults, violations %+v\n%s", code, s.Trials, s.Violations, said)
	}
	v := s.Violations[len(s.Violations)-1]
	if v.Invariant != "returned" || v.Failure != "the service of a crashes" || !strings.Contains(v.Says, "service tcp on a is not healthy") {
		t.Errorf("%+v", v)
	}
	if !strings.Contains(said, "violation of returned: fault 1") || !strings.HasSuffix(v.Replay, "--seed=1 --trials=1") {
		t.Errorf("it isn't shown at once, or how to make it again (%s):\n%s", v.Replay, said)
	}
	r, err := reports.Load(filepath.Join(dir, v.Record))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Result.Trials) != 1 || r.Result.Trials[0].AnsweredBy.Before != "a" || r.Result.Trials[0].Failback == nil || *r.Result.Trials[0].Failback.Restored {
		t.Errorf("the record of the fault: %+v", r.Result.Trials)
	}
	if _, err := os.Stat(filepath.Join(dir, v.Record, "logs", "a")); err != nil {
		t.Error(err)
	}
}

func TestSoakFindsALeak(t *testing.T) {
	s, _, code, said := soakOnce(t, "leaky.yaml", "--seed", "1", "--only", "link-down", "--fail-fast", "--trials", "40", "--for", "3m")
	at := slices.IndexFunc(s.Violations, func(v reports.Violation) bool { return v.Invariant == "no-growth" })
	if code != exitFail || at < 0 || !strings.Contains(s.Violations[at].Says, "descriptors of s on ") {
		t.Errorf("exit code %d after %d faults, violations %+v\n%s", code, s.Trials, s.Violations, said)
	}
}

// The seed alone decides the order of the faults.
func TestSoakOrder(t *testing.T) {
	order := func(seed string) []string {
		t.Helper()
		var out, errs strings.Builder
		args := []string{"soak", "service-crash", "--plan", "--trials", "30", "--format", "json", "--seed", seed}
		if code := execute(args, strings.NewReader(""), &out, &errs); code != exitPass {
			t.Fatalf("exit code %d, %s", code, errs.String())
		}
		var rows []map[string]string
		if err := json.Unmarshal([]byte(out.String()), &rows); err != nil {
			t.Fatalf("%v in %s", err, out.String())
		}
		var list []string
		for _, row := range rows {
			list = append(list, row["what is broken"])
		}
		return list
	}
	first := order("7")
	if again := order("7"); !slices.Equal(first, again) || len(first) != 30 {
		t.Errorf("twice the same seed:\n%q\n%q", first, again)
	}
	if slices.Equal(first, order("8")) {
		t.Error("two seeds have one order")
	}
}

func TestSoakSaysWhatIsWrong(t *testing.T) {
	for args, want := range map[string]string{
		"three-sites":                             "three-sites is a topology, and nothing is invented: say with --services FILE",
		"service-crash --for 8":                   "--for 8: the duration 8 needs a unit",
		"service-crash --for 1ms":                 "--for 1ms: want at least 1 s",
		"service-crash --trials=-1":               "--trials -1: want 1 or more",
		"service-crash --trials=0":                "--trials 0: want 1 or more; without it there is no end",
		"service-crash --only nonsense":           "--only nonsense: ",
		"service-crash --json":                    "--plan does nothing",
		"service-crash --plan=false --format csv": "--format is of --plan",
	} {
		var out, errs strings.Builder
		code := execute(append([]string{"soak", "--plan"}, strings.Fields(args)...), strings.NewReader(""), &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("soak %s: exit code %d, %q; want %q", args, code, errs.String(), want)
		}
	}
}

// A soak's directory is reported on like a run's.
func TestReportOfASoak(t *testing.T) {
	dir := t.TempDir()
	s := reports.NewSoak(record.Run{Scenario: "x-soak", Experiment: &record.Experiment{}, Command: "anylab soak x --seed=1"})
	if err := s.Save(dir); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if code := execute([]string{"report", dir}, strings.NewReader(""), &out, &errs); code != exitInconclusive || !strings.Contains(out.String(), "0 faults, no violation") {
		t.Errorf("exit code %d, %s%s; want that nothing was seen", code, out.String(), errs.String())
	}
}
