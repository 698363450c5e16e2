package main

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"anylab/reports"
)

// TestStressIsCountedAsComputed: false failovers that are frequent, 20 % loss with BFD of
// 3 x 10 ms, come about in a simulation as often as they are computed.
func TestStressIsCountedAsComputed(t *testing.T) {
	t.Parallel()
	r, err := simulated(t, "silent-drop-bfd", 1, 5, "bfd.interval=10ms", "expect=[]", "faults=[{kind: loss, on: [upstream, a], percent: 20%, for: 10m}]",
		"probes=[{from: london, service: dns, rate: 20/s, flows: 1}]")
	if err != nil {
		t.Fatal(err)
	}
	e, err := reports.Stress{Name: "loss", Loss: 0.2}.Counted(r.Dir, "a")
	if err != nil || e.Lab == nil {
		t.Fatalf("%+v, error %v", e, err)
	}
	// (1-p) p^3 an interval of 8.75 ms, at either end.
	want := 2 * 0.8 * 0.008 / 0.00875 * 3600
	if math.Abs(*e.Computed-want) > 0.01*want {
		t.Errorf("computed are %.0f an hour, want %.0f", *e.Computed, want)
	}
	if expected := want * e.Lab.Hours; e.Lab.Alarms < 50 || math.Abs(float64(e.Lab.Alarms)-expected) > 4*math.Sqrt(expected) {
		t.Errorf("%d false failovers in %.0f s with the sessions up, want %.0f", e.Lab.Alarms, 3600*e.Lab.Hours, expected)
	}
}

// tuned reads the tuning that a command left.
func tuned(t *testing.T, out string) (reports.Tuning, string) {
	t.Helper()
	var found reports.Tuning
	files, err := filepath.Glob(filepath.Join(out, "*.tune", "*", "tune.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("tunings %v, error %v; want one", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found, filepath.Dir(files[0])
}

// TestTuneFindsTheBorder: BFD of 3 x I finds a silent link after 2 I to 3 I, so nearly all
// outages are below 200 ms up to an I of 200 ms / 3; of those that meet that, the slowest
// one has the fewest false failovers, (1-p) p^3 an interval at each end.
func TestTuneFindsTheBorder(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	var said, errs strings.Builder
	code := execute([]string{"tune", "silent-drop-bfd", "--goal", "p95(outage) < 200ms", "--vary", "bfd.interval=50ms..90ms", "--simulate", "--seed", "1", "--out", out}, strings.NewReader(""), &said, &errs)
	found, dir := tuned(t, out)
	if code != exitPass || !found.Found || found.Site != "a" {
		t.Fatalf("exit code %d, %+v\n%s", code, found, errs.String())
	}
	answer := found.Settings[0]
	_, text, _ := strings.Cut(answer.Set[0], "=")
	interval, err := time.ParseDuration(text)
	if err != nil || interval < 60*time.Millisecond || interval > 68*time.Millisecond {
		t.Errorf("the answer is %v (%v), want 60 to 68 ms", answer.Set, err)
	}
	if want := 2 * 0.99 * 1e-6 / (0.875 * interval.Seconds()) * 3600; math.Abs(answer.Worst-want) > 0.02*want || answer.WorstOf != "1 % loss" {
		t.Errorf("%v false failovers an hour by %s, want %v by loss", answer.Worst, answer.WorstOf, want)
	}
	slower := found.Slower()
	if slower == nil || slower.Meets() || slower.Simulated.Value <= answer.Simulated.Value {
		t.Errorf("next slower is %+v, want one that does not meet the goal", slower)
	}
	for _, want := range []string{"next slower", "AWS, IBM: at least 300 ms x 3", "Google: at least 1000 ms x 5", "--set " + answer.Set[0]} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the summary lacks %q:\n%s", want, said.String())
		}
	}
	for _, name := range []string{"report.md", "report.html", "tuning.svg", "tuning.png"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	var again strings.Builder
	if code := execute([]string{"report", dir}, strings.NewReader(""), &again, &errs); code != exitPass || again.String() != said.String() {
		t.Errorf("report: exit code %d, and it shows\n%s\nwant what was found\n%s", code, again.String(), said.String())
	}
	for _, args := range [][]string{{"compare", dir, dir}, {"trend", dir}, {"plot", dir}} {
		errs.Reset()
		if code := execute(args, strings.NewReader(""), &again, &errs); code != exitUsage || !strings.Contains(errs.String(), "is a tuning: anylab report shows what it found") {
			t.Errorf("%s: exit code %d, %q", args[0], code, errs.String())
		}
	}
}

// TestNextSlowerIsSlower: the trials of some slower timer take less long by chance, and
// those of a faster one longer; at the end of the range nothing is slower.
func TestNextSlowerIsSlower(t *testing.T) {
	t.Parallel()
	for goal, want := range map[string]string{"min(outage) < 120ms": "next slower", "min(outage) < 1s": "none was tried: the ranges end here"} {
		out := t.TempDir()
		var said, errs strings.Builder
		code := execute([]string{"tune", "silent-drop-bfd", "--goal", goal, "--vary", "bfd.interval=40ms..60ms", "--simulate", "--seed", "3", "--out", out}, strings.NewReader(""), &said, &errs)
		found, _ := tuned(t, out)
		if code != exitPass || !strings.Contains(said.String(), want) {
			t.Fatalf("exit code %d, want %q\n%s%s", code, want, said.String(), errs.String())
		}
		if strings.Contains(errs.String(), "simulate 0 ") {
			t.Errorf("%s: there is nothing left to simulate, and it is said: %s", goal, errs.String())
		}
		if slower := found.Slower(); (slower == nil) != (goal == "min(outage) < 1s") || slower != nil && slower.Name() <= found.Settings[0].Name() {
			t.Errorf("%s: next slower than %s is %+v", goal, found.Settings[0].Name(), slower)
		}
	}
}

// TestTuneSaysWhatDoesNotMatter: BFD finds a silent link, and no health check: its interval
// stays at its slowest; of two timers the one that matters is searched.
func TestTuneSaysWhatDoesNotMatter(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	var said, errs strings.Builder
	code := execute([]string{"tune", "silent-drop-bfd", "--goal", "p95(outage) < 200ms", "--vary", "bfd.interval=40ms..60ms", "--vary", "services.dns.health.interval=10ms..50ms", "--simulate", "--seed", "3", "--out", out}, strings.NewReader(""), &said, &errs)
	found, _ := tuned(t, out)
	const idle = "outage does not depend on services.dns.health.interval from 10ms to 50ms"
	if code != exitPass || found.Settings[0].Name() != "bfd.interval=60ms, services.dns.health.interval=50ms" || !strings.Contains(said.String(), idle) || strings.Contains(said.String(), "does not depend on bfd") {
		t.Errorf("exit code %d, want BFD's slowest, and %q\n%s%s", code, idle, said.String(), errs.String())
	}
}

// TestTuneSaysWhatComesNearest: what nothing meets ends with exit code 1, and the nearest.
func TestTuneSaysWhatComesNearest(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	var said, errs strings.Builder
	code := execute([]string{"tune", "silent-drop-bfd", "--goal", "p95(outage) < 20ms", "--vary", "bfd.interval=40ms..41ms", "--vary", "bfd.multiplier=3..4", "--simulate", "--seed", "1", "--quiet", "--out", out}, strings.NewReader(""), &said, &errs)
	if code != exitFail || !strings.HasPrefix(said.String(), "nothing meets p95(outage) < 20ms; bfd.interval=40ms, bfd.multiplier=3 comes nearest: p95(outage) 1") {
		t.Errorf("exit code %d: %s%s", code, said.String(), errs.String())
	}
	if found, _ := tuned(t, out); found.Found || found.Slower() != nil {
		t.Errorf("found: %+v", found)
	}
}

// TestTuneStandsIn: programs of the user's are searched with others of the same timers,
// and the lines to paste are the daemons'.
func TestTuneStandsIn(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	var said, errs strings.Builder
	code := execute([]string{"tune", "recipe-frr", "--goal", "p95(outage) < 900ms", "--vary", "bfd.interval=190ms..200ms", "--vary", "services.web.health.interval=800ms..810ms", "--simulate", "--seed", "1", "--out", out,
		"--set", "matrix=[{label: crash}, {label: silent link, faults: [{kind: blackhole, on: [upstream, a]}]}]"}, strings.NewReader(""), &said, &errs)
	found, _ := tuned(t, out)
	if code != exitPass || !found.Found {
		t.Fatalf("exit code %d\n%s%s", code, said.String(), errs.String())
	}
	text := ""
	for _, l := range found.Paste {
		text += l.Node + " " + l.File + ": " + l.Text + "\n"
	}
	for _, want := range []string{"a bfdd.conf: bfd\n profile eth0\n  detect-multiplier 3\n  receive-interval 200\n", "upstream bgpd.conf: ", "health check of web: sleep 0.8"} {
		if !strings.Contains(text, want) {
			t.Errorf("the lines to paste lack %q:\n%s", want, text)
		}
	}
}

// TestTuneVariesWhatNeedsAnother: without an interval a multiplier is refused, whichever of
// the two is named first.
func TestTuneVariesWhatNeedsAnother(t *testing.T) {
	t.Parallel()
	vary := []string{"bfd.multiplier=3..5", "services.dns.health.interval=200ms..1s", "bfd.interval=50ms..300ms"}
	for range vary {
		f := tuneFlags{goal: "p95(outage) < 1s", vary: vary, budget: "1m"}
		f.set = []string{"faults=[{kind: blackhole, on: [upstream, a]}]"}
		var c cobra.Command
		c.SetContext(t.Context())
		if _, err := f.asked(&c, "service-crash"); err != nil {
			t.Errorf("%v: %v", vary, err)
		}
		vary = append(slices.Clone(vary[1:]), vary[0])
	}
}

func TestTuneSaysWhatIsWrong(t *testing.T) {
	const goal, vary = "--goal=p95(outage)<200ms", "--vary=bfd.interval=10ms..300ms"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"silent-drop-bfd", vary}, "--goal is missing"},
		{[]string{"silent-drop-bfd", goal}, "--vary is missing"},
		{[]string{"silent-drop-bfd", vary, "--goal=p95(outage)>5ms"}, "--goal:1:1: > leaves open how long it takes"},
		{[]string{"silent-drop-bfd", vary, "--goal=p95(outage)<0s"}, "--goal:1:1: no time is below zero"},
		{[]string{"silent-drop-bfd", vary, "--goal=lost<5"}, "--goal:1:1: lost is no time"},
		{[]string{"silent-drop-bfd", vary, "--goal=max(alerted)<10s"}, "--goal:1:1: alerted is not measured in this scenario"},
		{[]string{"silent-drop-bfd", vary, "--goal=p95(outge)<5ms"}, `--goal:1:1: unknown metric "outge" (did you mean "outage"?)`},
		{[]string{"silent-drop-bfd", vary, "--goal=p95(outage(paris))<5ms"}, `unknown client "paris"`},
		{[]string{"silent-drop-bfd", goal, "--vary=bfd.intervall=10ms..300ms"}, `--vary:1:1: unknown key "intervall" (did you mean "interval"?)`},
		{[]string{"silent-drop-bfd", goal, "--vary=bfd.interval=10..300ms"}, "10 is a number and 300ms a time"},
		{[]string{"silent-drop-bfd", goal, "--vary=bfd.interval=10ms..300"}, "the duration 300 needs a unit"},
		{[]string{"silent-drop-bfd", goal, "--vary=bfd.interval=300ms..10ms"}, "a range ends above its beginning"},
		{[]string{"silent-drop-bfd", goal, "--vary=bfd.interval=0..3"}, "a range begins above zero"},
		{[]string{"silent-drop-bfd", goal, "--vary=bfd.interval"}, "is not of the form KEY=LOW..HIGH"},
		{[]string{"silent-drop-bfd", goal, "--vary=bfd.interval=10ms..2h"}, "BFD carries at most 1h11m"},
		{[]string{"silent-drop-bfd", goal, vary, "--set=daemon=frr", "--vary=bfd.interval=10500us..300ms"}, "frr takes whole milliseconds, from 10 ms"},
		{[]string{"silent-drop-bfd", goal, vary, "--budget=8"}, "--budget 8: the duration 8 needs a unit"},
		{[]string{"silent-drop-bfd", goal, "--vary=name=1..2"}, "--vary:1:1: name changes nothing of the network"},
		{[]string{"silent-drop-bfd", goal, "--vary=trials=1..5"}, "--vary:1:1: trials changes nothing of the network"},
		{[]string{"silent-drop-bfd", goal, vary, "--vary=sustain=1s..2s"}, "--vary:1:1: sustain changes nothing of the network"},
		{[]string{"silent-drop-bfd", goal, vary, vary}, "--vary:1:1: bfd.interval is varied twice"},
		{[]string{"silent-drop-bfd", goal, vary, "--vary=bfd.multiplier=3..4", "--vary=topology.bfd.interval=10ms..12ms"}, "varied twice: --vary topology.bfd.interval=10ms..12ms sets the same"},
		{[]string{"silent-drop-bfd", goal, "--set=topology.links.0.bfd={interval: 20ms}", "--set=topology.links.1.bfd={interval: 20ms}", "--set=topology.links.2.bfd={interval: 20ms}", vary},
			"--vary:1:1: bfd.interval has no effect, for the links have their own: vary topology.links.0.bfd.interval, or leave it out of the links"},
		{[]string{"no-fault", goal, vary}, "no-fault has no fault"},
		{[]string{"three-sites", goal, vary}, "three-sites is no scenario"},
	} {
		var out, errs strings.Builder
		began := time.Now()
		code := execute(append([]string{"tune", "--out", t.TempDir()}, c.args...), strings.NewReader(""), &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), c.want) {
			t.Errorf("tune %v: exit code %d after %v, %q; want %q", c.args, code, time.Since(began), errs.String(), c.want)
		}
	}
}

// TestTuneInLab confirms an answer with a few trials of a lab, and stresses it for
// seconds: who measured what, and not how fast this machine is.
func TestTuneInLab(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	out := t.TempDir()
	said, err := exec.Command("anylab", "tune", "silent-drop-bfd", "--goal", "median(outage) < 5s", "--vary", "bfd.interval=100ms..110ms", "--seed", "1", "--budget", "10s", "--out", out,
		"--set", "sustain=100ms", "--set", "settle=100ms").CombinedOutput()
	found, dir := tuned(t, out)
	answer := found.Settings[0]
	if found.Unsure { // the machine is too busy to tell
		t.Skipf("%s\n%s", found.Says, said)
	}
	if err != nil || !found.Found {
		t.Fatalf("%v: %s\n%s", err, found.Outcome, said)
	}
	if answer.Lab == nil || answer.Lab.Trials == 0 || answer.Lab.Value < 150 || answer.Run == "" {
		t.Fatalf("in the lab: %+v\n%s", answer.Lab, said)
	}
	if _, err := reports.Load(filepath.Join(dir, answer.Run)); err != nil {
		t.Error(err)
	}
}

// TestStressIsCountedInALab: 20 % loss ends sessions of BFD with 3 x 10 ms about once a
// second that they are up, and the lab's own captures have the gaps.
func TestStressIsCountedInALab(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	out := t.TempDir()
	said, err := exec.Command("anylab", "run", "silent-drop-bfd", "--trials", "1", "--seed", "1", "--quiet", "--out", out, "--set", "bfd.interval=10ms", "--set", "expect=[]",
		"--set", "faults=[{kind: loss, on: [upstream, a], percent: 20%, for: 5s}]", "--set", "sustain=100ms", "--set", "settle=100ms").CombinedOutput()
	dirs, _ := filepath.Glob(filepath.Join(out, "silent-drop-bfd", "*"))
	if len(dirs) != 1 {
		t.Fatalf("%v: run directories %v\n%s", err, dirs, said)
	}
	e, err := reports.Stress{Name: "loss", Loss: 0.2}.Counted(dirs[0], "a")
	if err != nil || e.Lab == nil || e.Lab.Alarms == 0 {
		t.Fatalf("%+v, error %v: want a false failover\n%s", e.Lab, err, said)
	}
	if want := *e.Computed * e.Lab.Hours; float64(e.Lab.Alarms) > 4*want+10 || e.Lab.Most <= float64(e.Lab.Alarms)/e.Lab.Hours {
		t.Errorf("%+v: want about %.1f, and a bound above the rate", e.Lab, want)
	}
	e, err = reports.Stress{Name: "busy", Busy: 1}.Counted(dirs[0], "a")
	if err != nil || e.Gaps < 50 || e.Computed == nil {
		t.Errorf("%+v, error %v: want gaps of the lab's captures", e, err)
	}
}
