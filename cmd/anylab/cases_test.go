//go:build bench

package main

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/timeline"
)

// known is a scenario of testdata/cases, and what is true of it.
type known struct {
	file   string
	args   []string
	exits  []int  // one of them; 4 is allowed besides where a trial's truth is asked for
	says   string // a pattern of what is printed
	trials int    // as many are made
	trial  func(reports.Trial) string
	result func(*reports.Result) string
	doubt  string // that every trial must raise; empty: none must
	kept   int64  // bytes that the run directory has at most; 0: they are not counted
}

// cases are labs in which the truth is known: by theory, from the wire, or
// because nothing was broken.
var cases = []known{
	// BIRD 2.0.12 logs that its timer of 3 s has expired, and acts on it once it wakes up
	// for something else, a keepalive at the latest: after 0.02 to 0.72 s in ten trials.
	{file: "bird-hold3", trials: 4, trial: every(outage(1250, 4000), theory(1250, 3000), forced(record.ClearSessions))},
	{file: "damping", trials: 2, result: damped},
	{file: "gr-hold-expiry", trials: 6, trial: graceful},
	{file: "exabgp-dynamic-ip", trials: 5, trial: metric("withdrawal", 200, 1300)},
	{file: "conditional", trials: 4, trial: every(served("a", "b"), outage(50, 5400)), result: scanned},
	{file: "no-fast-failover", trials: 7, trial: heldBatch, result: nearMedian("outage", "carrier lost", 66, 110)},
	// gobgpd 3.10 idles for 30 s after a reset, whatever its file says.
	{file: "gobgp-idle", trials: 4, result: every(nearMedian("interruption", "default", 28000, 34000), nearMedian("interruption", "5 s", 28000, 34000))},
	{file: "ecmp-growth", trials: 6, trial: lossless},
	{file: "ecmp-tcp-connect", trials: 1, trial: metric("misrouted", 0, 0)},
	{file: "ecmp-http", trials: 1, trial: metric("misrouted", 0, 0)},
	{file: "gr-revived", trials: 2, trial: revived},
	{file: "ipv6-bfd", trials: 3, trial: every(outage(195, 450), served("a", "b"))},
	{file: "oldest-path", trials: 3, trial: every(outage(55, 200), served("a", "b"), healed("b"), forced(record.ClearSessions))},
	{file: "tutorial-frr", exits: []int{exitUnavailable}, says: `a announces nothing: eBGP without a policy \(RFC 8212\)`},
	{file: "sticky-serving", trials: 3, trial: every(outage(55, 200), struckWhoServed)},
	{file: "ecmp-serving", trials: 1, trial: every(served("a+b+c", ""), struckWhoServed, metric("misrouted", 0, 0))},
	{file: "stated-start", trials: 2, trial: every(outage(55, 200), served("b", "a"), healed("a"))},
	{file: "production/frr_near", trials: 3, trial: every(outage(250, 450), served("s1", "s2"))},
	{file: "production/go_near", trials: 3, trial: every(outage(100, 350), served("s1", "s2"))},
	{file: "production/drain_near", trials: 3, trial: lossless},
	{file: "production/drain_erased", trials: 2, exits: []int{exitInconclusive}, doubt: "fault-not-verified"},
	{file: "production/crash", trials: 5, trial: every(outage(100, 700), served("s1", "s2"))},
	{file: "production/drop", trials: 10, trial: every(outage(150, 9800), served("s1", "s2"))},
	{file: "production/http_far", trials: 1, trial: every(outage(0, 400), served("a", "b"))},
	{file: "production/d_bfd1", trials: 5, trial: every(outage(590, 1300), theory(600, 900))},
	{file: "production/c_rmp", trials: 4, exits: []int{exitInconclusive}, trial: every(is(reports.Untouched), served("s2", "s2"), notes("untouched"))},
	{file: "production/whole", trials: 5, trial: whole},
	{file: "latch", trials: 2, trial: every(served("a", "b"), outage(0, 5000), rebuilt)},
	{file: "other-build", trials: 1, trial: served("a", "b"), result: unknownFloor("bird 3.0.1 on upstream")},
	{file: "sustain-1ms", trials: 1, result: never("outage", 400, 600)},
	{file: "static-loss", exits: []int{exitUsage}, says: `loss`},
	{file: "delay-timeout", exits: []int{exitUsage}, says: `timeout`},
	{file: "loss100", exits: []int{exitUsage}, says: `loss`},
	{file: "slow-900ms", trials: 1, trial: lossless},
	{file: "slow-300ms", trials: 1, trial: lossless},
	{file: "slow-100ms", trials: 1, trial: lossless},
	{file: "standby-delay", trials: 1, trial: every(lossless, is(reports.Untouched), served("a", "a"))},
	{file: "nofault-delay", trials: 1, trial: lossless},
	{file: "udp-nofault", trials: 1, trial: every(lossless, metric("misrouted", 0, 0), served("a", ""))},
	{file: "answers-ok", trials: 1, trial: every(served("a", "b"), outage(0, 100), metric("misrouted", 0, 0), metric("duplicate", 0, 0))},
	// Who gives both names to every request is believed neither.
	{file: "answers-two", trials: 1, trial: every(is(reports.OK), outage(0, 100), served("", ""), metric("misrouted", 0, 0), metric("duplicate", 100, 3000), notes("two-names"))},
	{file: "answers-lie", trials: 1, exits: []int{exitInconclusive}, doubt: "answers-from-the-dead"},
	{file: "answers-unknown", exits: []int{exitUnavailable, exitInconclusive}, says: `zz`},
	{file: "frr-61s", exits: []int{exitUsage}, says: `61`},
	{file: "not-executable", exits: []int{exitUsage}, says: `executable`},
	{file: "flow-colon", exits: []int{exitUsage}, says: `fall`},
	// Its check prints for longer than its timeout: the site is never healthy.
	{file: "endless-log", exits: []int{exitUnavailable}, says: `dns on a is not healthy`, kept: 200 << 20},
}

// Each case is measured as it is. On a busy machine a trial may be inconclusive:
// what is conclusive must be true, and of three runs one must tell something.
func TestCases(t *testing.T) {
	if !able() {
		t.Skip("this machine can't build labs")
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			for range 3 {
				if c.tells(t) {
					return
				}
			}
			t.Errorf("no run of three has a conclusive trial")
		})
	}
}

// tells runs the case once, fails the test where something untrue is said, and
// says whether anything was said at all.
func (c known) tells(t *testing.T) bool {
	t.Helper()
	out := t.TempDir()
	path, err := filepath.Abs(filepath.Join("testdata", "cases", c.file+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command("anylab", append([]string{"run", filepath.Base(path), "--quiet", "--out", out}, c.args...)...)
	run.Dir = filepath.Dir(path)
	text, err := run.CombinedOutput()
	if run.ProcessState == nil {
		t.Fatal(err)
	}
	code := run.ProcessState.ExitCode()
	t.Logf("exit %d\n%s", code, text)
	if code == exitUnavailable && !slices.Contains(c.exits, code) {
		return false // too busy a machine to settle, or to ask so often
	}
	if c.exits != nil && !slices.Contains(c.exits, code) {
		t.Errorf("exit code %d, want one of %v", code, c.exits)
	}
	if c.says != "" && !regexp.MustCompile(c.says).Match(text) {
		t.Errorf("it doesn't say %q", c.says)
	}
	if n := bytesBelow(t, out); c.kept > 0 && n > c.kept {
		t.Errorf("it leaves %d bytes, want at most %d", n, c.kept)
	}
	if c.trial == nil && c.result == nil && c.trials == 0 {
		return true
	}
	dirs, _ := filepath.Glob(filepath.Join(out, "*", "2*"))
	if len(dirs) != 1 {
		t.Fatalf("%d run directories", len(dirs))
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	return c.judge(t, &r.Result)
}

// bytesBelow is what all files below a directory take.
func bytesBelow(t *testing.T, dir string) (sum int64) {
	t.Helper()
	err := filepath.Walk(dir, func(_ string, info fs.FileInfo, err error) error {
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// judge compares what was measured with what is known.
func (c known) judge(t *testing.T, r *reports.Result) (told bool) {
	t.Helper()
	if len(r.Trials) != c.trials {
		t.Errorf("%d trials, want %d", len(r.Trials), c.trials)
	}
	for _, trial := range r.Trials {
		if c.doubt != "" {
			told = true
			if !slices.ContainsFunc(trial.Findings, func(f reports.Finding) bool { return f.Name == c.doubt }) {
				t.Errorf("trial %d of %v: not doubted for %s: %v", trial.Index, trial.Cell, c.doubt, trial.Findings)
			}
		}
		t.Logf("trial %d of %v: %s, outage %v %v, answered by %v, causes %v, doubts %v", trial.Index, trial.Cell, trial.Status,
			trial.Metrics["outage"], trial.MetricsBounds["outage"], trial.AnsweredBy, trial.Causes, doubts(trial))
		if trial.Status == reports.Doubtful {
			continue
		}
		told = true
		if c.trial == nil {
			continue
		}
		if wrong := c.trial(trial); wrong != "" {
			t.Errorf("trial %d of %v: %s", trial.Index, trial.Cell, wrong)
		}
	}
	if c.result != nil && told {
		if wrong := c.result(r); wrong != "" {
			t.Error(wrong)
		}
	}
	return told
}

// every holds what all hold.
func every[T any](all ...func(T) string) func(T) string {
	return func(of T) string {
		var wrong []string
		for _, is := range all {
			if w := is(of); w != "" {
				wrong = append(wrong, w)
			}
		}
		return strings.Join(wrong, "; ")
	}
}

// outage holds if the truth, from low to high milliseconds, can be the trial's outage.
func outage(low, high float64) func(reports.Trial) string { return metric("outage", low, high) }

// metric holds if a metric can be from low to high.
func metric(name string, low, high float64) func(reports.Trial) string {
	return func(trial reports.Trial) string {
		value, ok := trial.Metrics[name]
		if !ok {
			return "no " + name
		}
		from, to := float64(value), float64(value)
		if b, ok := trial.MetricsBounds[name]; ok {
			from, to = float64(b.Low), float64(b.High)
		}
		if to < low || from > high || math.IsNaN(from) {
			return fmt.Sprintf("%s %v (%v to %v), in truth %v to %v", name, value, from, to, low, high)
		}
		return ""
	}
}

// lossless holds if nothing was lost, and so there was no outage.
func lossless(trial reports.Trial) string {
	return every(metric("lost", 0, 0), metric("outage", 0, 0), metric("interruption", 0, 0))(trial)
}

// served holds if those answered, before the fault and after it; "" is not asked. Of a
// moment in which the machine held up all requests nobody is said to have answered.
func served(before, after string) func(reports.Trial) string {
	return func(trial reports.Trial) string {
		a := trial.AnsweredBy
		if len(trial.Doubts) > 0 && (a.Before == "" || a.After == "") {
			return ""
		}
		if a.Before != before || after != "" && a.After != after {
			return fmt.Sprintf("answered by %s, then %s; in truth %s, then %s", a.Before, a.After, before, after)
		}
		return ""
	}
}

// struckWhoServed holds if the fault's place is of a site that answered before it
// and not after.
func struckWhoServed(trial reports.Trial) string {
	a := trial.AnsweredBy
	site := trial.On[strings.LastIndex(trial.On, "-")+1:]
	before, after := strings.Split(a.Before, "+"), strings.Split(a.After, "+")
	if !slices.Contains(before, site) || slices.Contains(after, site) {
		return fmt.Sprintf("struck %s, where %s answered and then %s", trial.On, a.Before, a.After)
	}
	return ""
}

// scanned holds if the daemon's periodic scan is named as what the announcement of
// the site that takes over waited for.
func scanned(r *reports.Result) string {
	for _, trial := range r.Trials {
		if trial.Causes["announce"] == "scan" {
			return ""
		}
	}
	return "no trial names the scan"
}

// damped holds if the damping of the router is named where it decided when users
// came back.
func damped(r *reports.Result) string {
	for _, trial := range r.Trials {
		if trial.Failback != nil && trial.Failback.Causes["install"] == "damping" {
			return ""
		}
	}
	return "no trial names the damping"
}

// healed holds if that site answered after the healing.
func healed(by string) func(reports.Trial) string {
	return func(trial reports.Trial) string {
		if trial.AnsweredBy.Healed != by {
			return fmt.Sprintf("answered by %s after healing, in truth by %s", trial.AnsweredBy.Healed, by)
		}
		return ""
	}
}

// forced holds if every trial but the first needed that, and no more, to begin
// like the first.
func forced(how record.Forcing) func(reports.Trial) string {
	return func(trial reports.Trial) string {
		if len(trial.Forced) != min(1, trial.Index) || len(trial.Forced) > 0 && trial.Forced[0].How != how {
			return fmt.Sprintf("brought back by %v, in truth by %s", trial.Forced, how)
		}
		return ""
	}
}

// rebuilt holds if every trial but the first needed a new lab to begin like the first,
// after all else had failed.
func rebuilt(trial reports.Trial) string {
	var how []record.Forcing
	for _, f := range trial.Forced {
		how = append(how, f.How)
	}
	if trial.Index == 0 && how == nil || slices.Equal(how, []record.Forcing{record.ClearSessions, record.RestartDaemons, record.ClearSessions, record.Rebuild}) {
		return ""
	}
	return fmt.Sprintf("brought back by %v, in truth by a new lab in the end", how)
}

// unknownFloor holds if nothing is claimed of the router's speed, and why not is said.
func unknownFloor(of string) func(*reports.Result) string {
	return func(r *reports.Result) string {
		if len(r.Floors) != 1 || !strings.HasPrefix(r.Floors[0].Known.Unknown, of) || r.Floors[0].Agrees != nil {
			return fmt.Sprintf("floors %+v, in truth that of %s is not known", r.Floors, of)
		}
		return ""
	}
}

// whole holds what is true of four sites of which the first that is left serves.
func whole(trial reports.Trial) string {
	switch trial.Cell[record.CellLabel] {
	case "drain":
		return every(lossless, served("s1", "s2"))(trial)
	case "silent link":
		return every(outage(290, 1300), theory(300, 450), served("s1", "s2"))(trial)
	case "s1":
		return every(outage(150, 1300), served("s1", "s2"))(trial)
	case "s1 to s2":
		return every(outage(150, 2500), served("s1", "s3"))(trial)
	}
	return every(outage(150, 2500), served("s1", "s4"))(trial)
}

// is holds if the trial has the status.
func is(status reports.Status) func(reports.Trial) string {
	return func(trial reports.Trial) string {
		if trial.Status != status {
			return fmt.Sprintf("it is %s, in truth %s", trial.Status, status)
		}
		return ""
	}
}

// notes holds if the trial has the finding.
func notes(name string) func(reports.Trial) string {
	return func(trial reports.Trial) string {
		if !slices.ContainsFunc(trial.Findings, func(f reports.Finding) bool { return f.Name == name }) {
			return "it is not found " + name
		}
		return ""
	}
}

// doubts lists what makes the trial inconclusive.
func doubts(trial reports.Trial) (list []string) {
	for _, f := range trial.Findings {
		if f.Severity == reports.Doubt {
			list = append(list, f.Name+": "+f.Detail)
		}
	}
	return list
}

// heldBatch holds what is true of a carrier that FRR may not end the session
// for: next-hop tracking moves traffic after its batches, about 72 ms; where a
// switch keeps the carrier up, nothing does.
func heldBatch(trial reports.Trial) string {
	if trial.Cell[record.CellLabel] == "behind a switch" {
		return every(is(reports.NotRestored), outage(15000, 180000))(trial)
	}
	return every(outage(68, 76), served("a", "b"))(trial)
}

// revived holds what is true of a dead route that is used again, from the
// carrier's return after 5 s to the end of its restart time of 14 s. The way back
// from the site that is healed may be there later than the way to it.
func revived(trial reports.Trial) string {
	e := trial.Episodes
	if len(e) != 2 && (len(e) != 3 || e[2].EndedBy != timeline.ByRepair || e[2].At < 25000) {
		return fmt.Sprintf("episodes %v, in truth two, and perhaps one at the repair", e)
	}
	early := float64(trial.BracketMS) // the site may be gone by so much before the fault is known to be in effect
	for i, want := range []struct {
		from, until [2]float64
		by          timeline.End
	}{
		{[2]float64{95, 150}, [2]float64{1050, 1150}, timeline.ByEvent},
		{[2]float64{5000, 5300}, [2]float64{13500, 14500}, timeline.ByFailover},
	} {
		from, until := float64(e[i].At), float64(e[i].At+e[i].MS)
		if from < want.from[0]-early || from > want.from[1] || until < want.until[0]-early || until > want.until[1] || e[i].EndedBy != want.by {
			return fmt.Sprintf("episode %d from %v to %v by %s, in truth %v", i+1, from, until, e[i].EndedBy, want)
		}
	}
	return metric("interruption", 8800-early, 11500)(trial)
}

// theory holds if detection was foretold from low to high milliseconds.
func theory(low, high float64) func(reports.Trial) string {
	return func(trial reports.Trial) string {
		if trial.Theory == nil {
			return "no theory"
		}
		l, h := trial.Theory.Low, trial.Theory.High
		if math.Abs(l-low) > 20 || math.Abs(h-high) > 20 {
			return fmt.Sprintf("theory %v to %v, in truth %v to %v", l, h, low, high)
		}
		return ""
	}
}

// graceful holds what is true of a hold time of 3 s beside a restart time of 8 s:
// only the embedded speaker keeps the dead route for both.
func graceful(trial reports.Trial) string {
	if trial.Cell["topology.nodes.upstream.daemon"] != "gobgp" {
		return outage(1250, 3200)(trial)
	}
	if !slices.Contains(slices.Collect(maps.Values(trial.Causes)), "graceful-restart") {
		return fmt.Sprintf("causes %v, in truth graceful-restart", trial.Causes)
	}
	return outage(10000, 11300)(trial)
}

// nearMedian holds if the median of a cell, by its label, lies from low to high.
func nearMedian(name, label string, low, high float64) func(*reports.Result) string {
	return func(r *reports.Result) string {
		for _, s := range r.Summary {
			if s.Metric == name && slices.Contains(slices.Collect(maps.Values(s.Cell)), label) && (float64(s.Median) < low || float64(s.Median) > high) {
				return fmt.Sprintf("the median of %s of %s is %v, in truth %v to %v", name, label, s.Median, low, high)
			}
		}
		return ""
	}
}

// never holds if no conclusive trial claims a tight value from low to high.
func never(name string, low, high float64) func(*reports.Result) string {
	return func(r *reports.Result) string {
		for _, trial := range r.Trials {
			if v, ok := trial.Metrics[name]; ok && trial.Status == reports.OK && float64(v) >= low && float64(v) <= high {
				return fmt.Sprintf("%s is said to be %v", name, v)
			}
		}
		return ""
	}
}

// Stored runs are judged as their requests were.
func TestStoredCases(t *testing.T) {
	for _, c := range []known{
		{file: "gaps-apart", trials: 2, trial: metric("longest_gap", 100, 250)},
		{file: "cells-without-trials", exits: []int{exitInconclusive}},
	} {
		t.Run(c.file, func(t *testing.T) {
			dir := t.TempDir()
			if out, err := exec.Command("tar", "xzf", filepath.Join("testdata", "cases", c.file+".tar.gz"), "-C", dir).CombinedOutput(); err != nil {
				t.Fatal(err, string(out))
			}
			report := exec.Command("anylab", "report", filepath.Join(dir, c.file))
			text, _ := report.CombinedOutput()
			code := report.ProcessState.ExitCode()
			if c.exits != nil && !slices.Contains(c.exits, code) {
				t.Errorf("exit code %d: %s", code, text)
			}
			if c.trials == 0 {
				return
			}
			r, err := load(filepath.Join(dir, c.file))
			if err != nil {
				t.Fatal(err)
			}
			c.judge(t, &r.Result)
		})
	}
}

// A metric that vanishes is no pass.
func TestVanishedMetricCase(t *testing.T) {
	compare := exec.Command("anylab", "compare", filepath.Join("testdata", "cases", "metric-vanished-base.json"), filepath.Join("testdata", "cases", "metric-vanished-head.json"))
	text, _ := compare.CombinedOutput()
	if code := compare.ProcessState.ExitCode(); code != exitInconclusive && code != exitFail {
		t.Errorf("exit code %d: %s", code, text)
	}
}
