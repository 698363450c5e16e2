package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/scenarios"
)

// fewTrials is a scenario with fewer trials than there are shards.
const fewTrials = `name: few
topology: three-sites
services: [{name: dns, kind: dns}]
probes: [{from: london, service: dns}]
faults: [{kind: service-crash, on: a}]
trials: 2
`

// ruled has its trials by a rule.
var ruled = strings.Replace(fewTrials, "trials: 2", "trials: {max: 20, until: ci95(median(outage)) < 5%}", 1)

// writeSuite writes a suite of two scenarios.
func writeSuite(t *testing.T, few string) (path string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"both.yaml": "name: both\nscenarios: [service-crash, ./few.yaml]\n", "few.yaml": few} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "both.yaml")
}

// simulateSuite simulates a suite, or a shard of it, below a directory.
func simulateSuite(t *testing.T, suite, out string, args ...string) string {
	t.Helper()
	args = append([]string{"run", suite, "--simulate", "--seed", "5", "--quiet", "--out", out}, args...)
	if code := execute(args, strings.NewReader(""), io.Discard, os.Stderr); code != exitPass {
		t.Fatalf("%v: exit code %d", args, code)
	}
	return onlyBelow(t, out)
}

// Shards of a suite make the trials that the whole one makes, to the byte, those of a
// scenario with fewer trials than shards as well, and it is judged as the whole one.
func TestSuiteShardsAreTheWhole(t *testing.T) {
	t.Parallel()
	suite, out := writeSuite(t, fewTrials), t.TempDir()
	whole := simulateSuite(t, suite, filepath.Join(out, "whole"))
	made := map[string]int{}
	for i := range 3 {
		shard := simulateSuite(t, suite, filepath.Join(out, "shards", fmt.Sprint(i)), "--shard", fmt.Sprintf("%d/3", i+1))
		s, err := reports.LoadSuite(shard, load)
		if err != nil {
			t.Fatal(err)
		}
		if s.Result.Verdict != reports.Recorded || s.Result.Shard == nil || s.Result.Shard.Index != i+1 {
			t.Errorf("shard %d is %v, and judged %s", i+1, s.Result.Shard, s.Result.Verdict)
		}
		for at, m := range s.Result.Members {
			made[m.Dir] += m.Trials
			if m.Idle != (s.Reports[at] == nil) || m.Verdict != reports.Recorded {
				t.Errorf("shard %d: %+v", i+1, m)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"service-crash": 10, "few": 2}, made); diff != "" {
		t.Errorf("trials of the shards (-want +got):\n%s", diff)
	}
	if code := execute([]string{"merge", filepath.Join(out, "shards"), "--out", filepath.Join(out, "merged"), "--quiet"}, strings.NewReader(""), io.Discard, os.Stderr); code != exitPass {
		t.Fatalf("merge: exit code %d", code)
	}
	merged := onlyBelow(t, filepath.Join(out, "merged"))
	for _, member := range []string{"service-crash", "few"} {
		if diff := cmp.Diff(trialsOf(t, filepath.Join(whole, member)), trialsOf(t, filepath.Join(merged, member))); diff != "" {
			t.Errorf("%s (-whole +merged):\n%s", member, diff)
		}
	}
	if diff := cmp.Diff(suiteResult(t, whole), suiteResult(t, merged)); diff != "" {
		t.Errorf("result.json of the suite (-whole +merged):\n%s", diff)
	}
	for _, file := range []string{"suite.md", "few/report.html", "few/figures/timeline.svg", "service-crash/junit.xml"} {
		if _, err := os.Stat(filepath.Join(merged, file)); err != nil {
			t.Error(err)
		}
	}
}

// suiteResult is what a suite came to, whenever that was.
func suiteResult(t *testing.T, dir string) reports.SuiteResult {
	t.Helper()
	s, err := reports.LoadSuite(dir, load)
	if err != nil {
		t.Fatal(err)
	}
	if s.Result.Started.IsZero() || s.Result.Ended.IsZero() {
		t.Errorf("%s: from %v to %v", dir, s.Result.Started, s.Result.Ended)
	}
	s.Result.Started, s.Result.Ended = time.Time{}, time.Time{}
	return s.Result
}

// What speaks against making one suite of its shards is named, with the whole command
// that makes what is missing.
func TestMergeNamesWhatIsWrongWithASuite(t *testing.T) {
	t.Parallel()
	suite, out := writeSuite(t, fewTrials), t.TempDir()
	shard := func(name string, args ...string) string {
		return simulateSuite(t, suite, filepath.Join(out, name), append(args, "--trials", "2")...)
	}
	one, two, again := shard("1", "--shard", "1/2"), shard("2", "--shard", "2/2"), shard("2b", "--shard", "2/2")
	other := shard("other", "--shard", "2/2", "--seed", "6")
	gone := shard("gone", "--shard", "2/2")
	if err := os.RemoveAll(filepath.Join(gone, "few")); err != nil {
		t.Fatal(err)
	}
	cut := shard("cut", "--shard", "2/2")
	s, err := record.ReadSuite(cut)
	if err != nil {
		t.Fatal(err)
	}
	s.Outcome = "interrupted"
	if err := record.WriteSuite(cut, s); err != nil {
		t.Fatal(err)
	}
	command := func(name string) string {
		return "anylab run " + suite + " --shard=2/2 --simulate=true --trials=2 --seed=5 --out=" + filepath.Join(out, name) + " makes it"
	}
	run := filepath.Join(two, "few")
	for name, c := range map[string]struct {
		dirs []string
		want string
	}{
		"missing":            {[]string{one}, "shard 2/2 is missing: " + command("1")},
		"twice":              {[]string{one, two, again}, "shard 2/2 is there twice: " + two + " and " + again},
		"another seed":       {[]string{one, other}, "few: " + other + "/few is of another run than " + one + "/few: another seed: 6, not 5"},
		"a scenario is gone": {[]string{one, gone}, "few: shard 2/2 is missing in " + gone + ": " + command("gone")},
		"cut":                {[]string{one, cut}, "shard 2/2 did not come to its end, " + cut + ": " + command("cut") + " again"},
		"a run among them":   {[]string{one, run}, run + " is of a run"},
		"whole":              {[]string{shard("whole")}, "is no shard of a suite"},
	} {
		var said strings.Builder
		into := filepath.Join(t.TempDir(), "out")
		code := execute(append([]string{"merge", "--out", into}, c.dirs...), strings.NewReader(""), io.Discard, &said)
		if code != exitUsage || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: exit code %d, %q; want %d, %q", name, code, said.String(), exitUsage, c.want)
		}
		if left, _ := filepath.Glob(filepath.Join(into, "*", "*")); len(left) > 0 {
			t.Errorf("%s: something was made all the same: %v", name, left)
		}
	}
	if code := execute([]string{"merge", "--out", filepath.Join(out, "m"), one, cut, two, "--quiet"}, strings.NewReader(""), io.Discard, os.Stderr); code == exitUsage {
		t.Error("the shard that came to its end does not count")
	}
}

// A suite that is killed between two scenarios has not come to its end: a shard of it that
// is begun again is not there twice.
func TestSuiteThatGoesOnHasNoOutcome(t *testing.T) {
	t.Parallel()
	s, err := scenarios.LoadSuite(writeSuite(t, ruled))
	if err != nil {
		t.Fatal(err)
	}
	f := runFlags{simulated: true, quiet: true}
	list, err := f.members(runCommand(), s)
	if err != nil {
		t.Fatal(err)
	}
	dir, rec := t.TempDir(), newSuite(s, list, time.Now())
	meanwhile := "the last one was not looked at"
	list[1].plan.Enough = func(string, map[string]string, record.Precision) (bool, string, error) {
		suite, err := record.ReadSuite(dir)
		meanwhile = suite.Outcome
		return true, "it was looked at", err
	}
	if err := f.runMembers(t.Context(), io.Discard, list, dir, &rec); err != nil {
		t.Fatal(err)
	}
	if meanwhile != "" || rec.Outcome != "completed" {
		t.Errorf("outcome %q before the last scenario, and %q after it; want none, and completed", meanwhile, rec.Outcome)
	}
}

// A scenario without a known number of trials is named, and nothing is run before.
func TestSuiteWithARuleIsNotDivided(t *testing.T) {
	t.Parallel()
	suite := writeSuite(t, ruled)
	var said strings.Builder
	out := filepath.Join(t.TempDir(), "out")
	code := execute([]string{"run", suite, "--simulate", "--seed", "5", "--shard", "1/2", "--out", out}, strings.NewReader(""), io.Discard, &said)
	if code != exitUsage || !strings.Contains(said.String(), "few.yaml: --shard 1/2: how many trials there are is not known beforehand where until") {
		t.Errorf("exit code %d, %q", code, said.String())
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) > 0 {
		t.Errorf("something was run: %v", left)
	}
}
