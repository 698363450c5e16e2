package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/lab/simulate"
	"anylab/reports"
	"anylab/reports/stats"
	"anylab/scenarios"
)

// simulated carries a scenario out in virtual time, and judges it.
func simulated(t *testing.T, name string, trials int, seed uint64, set ...string) (*reports.Report, error) {
	t.Helper()
	known, err := profiles(nil)
	if err != nil {
		t.Fatal(err)
	}
	return simulatedWith(t, known, name, trials, seed, set...)
}

func simulatedWith(t *testing.T, known simulate.Profiles, name string, trials int, seed uint64, set ...string) (*reports.Report, error) {
	t.Helper()
	s, err := scenarios.Load(name, set...)
	if err != nil {
		t.Fatal(err)
	}
	if trials > 0 { // else as the scenario says
		if s, err = s.WithTrials(trials); err != nil {
			t.Fatal(err)
		}
	}
	p, err := imagined(s, seed, known)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(t.TempDir(), "run")
	if err := imagine(t.Context(), p, dir, time.Now()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	r, err := reports.Load(dir)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r, nil
}

// unsimulated are the shipped scenarios that can't be simulated, with what their errors
// say.
var unsimulated = map[string]string{
	"add-path": "add_path", "bfd-echo": "echo packets", "bfd-uneven": "differs by its ends", "guard": "runs a command", "anycast-healthchecker": "commands", "daemons": "no profile", "exabgp-healthcheck": "no profile", "monitoring": "monitoring", "blind-spots": "monitoring",
	"gslb": "DNS", "gslb-slow": "DNS", "flood": "rate", "full-table": "table of 10000 routes", "script": "runs a command", "announce-prefixes": "many routes", "cascade": "capacity", "dnsdist": "commands", "regional": "global sites",
	"recipe-frr": "commands", "unbound": "commands", "vrrp": "shared by more than two",
}

// differing are those whose simulation does not do as the lab does.
var differing = map[string]string{
	"router-reboot": "a neighbor gives the old session up a moment before the new one is there, and traffic takes another way meanwhile",
}

// TestScenariosAreSimulated: whatever is expected of a lab is expected of its
// simulation.
func TestScenariosAreSimulated(t *testing.T) {
	t.Parallel()
	for _, name := range scenarios.Names() {
		trials := 6
		if name == "flap" {
			trials = 1 // a router that damps remembers the trials before
		}
		r, err := simulated(t, name, trials, 7)
		why, not := unsimulated[name]
		switch {
		case not && (err == nil || !strings.Contains(err.Error(), why)):
			t.Errorf("%s: %v, want an error that says %q", name, err, why)
		case not:
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case r.Result.Verdict == reports.Fail && differing[name] != "":
		case r.Result.Verdict == reports.Fail || len(r.Result.Trials) < trials:
			t.Errorf("%s: %s of %d trials: %+v", name, r.Result.Verdict, len(r.Result.Trials), r.Result.Verdicts)
		case !strings.HasSuffix(r.Result.Run.Scenario, "(simulated)"):
			t.Errorf("%s is called %q", name, r.Result.Run.Scenario)
		}
	}
}

// TestSimulationFollowsTheory: what decides an outage is a timer whose distribution is
// known, and what comes on top takes a few milliseconds.
func TestSimulationFollowsTheory(t *testing.T) {
	t.Parallel()
	const slack = 12 // milliseconds
	for _, c := range []struct {
		name      string
		set       []string
		low, high float64
	}{
		{"service-crash", nil, 100, 200},
		{"service-crash", []string{"services.dns.health.interval=1s"}, 1000, 2000},
		{"silent-drop-bfd", nil, 100, 150},
		{"link-down", nil, 0, 1},
		{"withdraw", nil, 0, 0},
	} {
		r, err := simulated(t, c.name, 100, 3, c.set...)
		if err != nil {
			t.Fatal(err)
		}
		var outages []float64
		for _, trial := range r.Result.Trials {
			v, ok := trial.Metrics["interruption"]
			if !ok {
				t.Fatalf("%s: trial %d has no interruption", c.name, trial.Index)
			}
			outages = append(outages, float64(v))
		}
		if low, high := slices.Min(outages), slices.Max(outages); low < c.low-slack || high > c.high+slack {
			t.Errorf("%s %v: %.1f to %.1f ms, theory says %.0f to %.0f", c.name, c.set, low, high, c.low, c.high)
		}
		if c.name != "service-crash" {
			continue
		}
		if d, p := stats.Kolmogorov(outages, outages, stats.Uniform(c.low, c.high+slack)); p < 0.001 {
			t.Errorf("%s %v is not uniform: d = %.3f, p = %.4f", c.name, c.set, d, p)
		}
	}
}

// TestSimulationRepeatsItself: one seed, one record.
func TestSimulationRepeatsItself(t *testing.T) {
	t.Parallel()
	sum := func(seed uint64) (sums [2][sha256.Size]byte) {
		r, err := simulated(t, "silent-drop-bfd", 3, seed)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"probes/london-dns.csv", "events.jsonl"} {
			text, err := os.ReadFile(filepath.Join(r.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Split(string(text), "\n"); i == 1 { // the end has the digest of run.json, which has the time of day
				text = []byte(strings.Join(lines[:len(lines)-2], "\n"))
			}
			sums[i] = sha256.Sum256(text)
		}
		return sums
	}
	if a, b := sum(1), sum(1); a != b {
		t.Error("two simulations with one seed differ")
	}
	if sum(1) == sum(2) {
		t.Error("two seeds make the same simulation")
	}
}

// TestSimulationIsNoMeasurement: it is compared with one, and meets it nowhere else.
func TestSimulationIsNoMeasurement(t *testing.T) {
	t.Parallel()
	a, err := simulated(t, "service-crash", 40, 1)
	if err != nil {
		t.Fatal(err)
	}
	measured := reports.Sampled(a.Result) // as if it were
	measured.Run.Simulated = false
	for interval, want := range map[string]bool{"100ms": true, "150ms": false} {
		b, err := simulated(t, "service-crash", 40, 2, "services.dns.health.interval="+interval)
		if err != nil {
			t.Fatal(err)
		}
		head := reports.Sampled(b.Result)
		head.Run.Experiment = measured.Run.Experiment
		g, ok, err := reports.Agree(head, measured)
		if err != nil || !ok || len(g.Rows) == 0 || g.Agrees != want {
			t.Errorf("interval %s: agrees: %v, %v, %+v, want %v", interval, g.Agrees, err, g.Rows, want)
		}
	}
	if _, ok, _ := reports.Agree(measured, measured); ok {
		t.Error("two measurements are taken for a simulation and a measurement")
	}
}

// What a lab can be asked for, and a simulation not, is refused.
func TestSimulationHasNoLab(t *testing.T) {
	for _, scenario := range []string{"service-crash", "internet-withdraw"} {
		for _, flag := range []string{"--bind=/tmp", "--env=HOME", "--keep-going", "--events=-", "--metrics=127.0.0.1:0", "--pause-on=fault", "--keep"} {
			out := filepath.Join(t.TempDir(), "out")
			code := execute([]string{"run", scenario, "--simulate", flag, "--out", out}, strings.NewReader(""), io.Discard, io.Discard)
			if _, err := os.Stat(out); code != exitUsage || err == nil {
				t.Errorf("run %s --simulate %s: exit code %d, want %d; out: %v", scenario, flag, code, exitUsage, err)
			}
		}
	}
}

// Shards of a simulation make the trials that the whole one makes, to the byte, of one
// cell and of several.
func TestSimulatedShardsAreTheWhole(t *testing.T) {
	for _, scenario := range []string{"service-crash", "silent-drop-bfd"} {
		out := t.TempDir()
		args := []string{"run", scenario, "--simulate", "--trials", "7", "--seed", "5", "--quiet"}
		code := execute(append(args, "--out", filepath.Join(out, "whole")), strings.NewReader(""), io.Discard, io.Discard)
		for i := range 3 {
			if code := execute(append(args, "--shard", fmt.Sprintf("%d/3", i+1), "--out", filepath.Join(out, "shards", fmt.Sprint(i))), strings.NewReader(""), io.Discard, os.Stderr); code != exitPass {
				t.Fatalf("%s: shard %d: exit code %d", scenario, i+1, code)
			}
		}
		if merged := execute([]string{"merge", filepath.Join(out, "shards"), "--out", filepath.Join(out, "merged"), "--quiet"}, strings.NewReader(""), io.Discard, os.Stderr); merged != code {
			t.Errorf("%s: exit code %d, of the whole %d", scenario, merged, code)
		}
		whole, merged := trialsOf(t, onlyBelow(t, filepath.Join(out, "whole"))), trialsOf(t, onlyBelow(t, filepath.Join(out, "merged")))
		if whole != merged {
			t.Errorf("%s: the whole:\n%s\nits shards:\n%s", scenario, whole, merged)
		}
	}
}

// onlyBelow returns the only run or suite below a directory.
func onlyBelow(t *testing.T, dir string) string {
	t.Helper()
	paths, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
	if len(paths) != 1 {
		t.Fatalf("%v, want one", paths)
	}
	return paths[0]
}

// trialsOf are the trials of a run, in their order and without the parts that they are of.
func trialsOf(t *testing.T, dir string) string {
	t.Helper()
	r, err := reports.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	trials := r.Result.Trials
	for i := range trials {
		trials[i].Part = ""
	}
	slices.SortFunc(trials, func(a, b reports.Trial) int {
		return cmp.Or(strings.Compare(record.CellName(a.Cell), record.CellName(b.Cell)), a.Index-b.Index)
	})
	text, err := json.MarshalIndent(trials, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAProfileIsWhatItWasMadeFrom: what is distilled from a record whose times are known
// is these times, as sums of the steps between two moments that a record has.
func TestAProfileIsWhatItWasMadeFrom(t *testing.T) {
	t.Parallel()
	known, err := profiles(nil)
	if err != nil {
		t.Fatal(err)
	}
	const slow = `{"daemon": "gobgp", "version": "1", "conditions": "made up", "install_us": [40000, 60000], "send_us": [10000, 30000], "greet_us": [500000, 700000],
		"session_end_us": [5000, 15000], "carrier_us": [1000], "command_us": [2000, 4000], "connect_us": [100000, 300000], "start_us": [40000, 80000], "hold_share": [1, 1], "sweep_us": 1}`
	if err := known.Add([]byte(slow)); err != nil {
		t.Fatal(err)
	}
	var d simulate.Distiller
	for _, name := range []string{"service-crash", "session-reset", "link-down"} {
		r, err := simulatedWith(t, known, name, 100, 5)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Add(r.Dir, r.Run, func(map[string]string, int) bool { return true }); err != nil {
			t.Fatal(err)
		}
	}
	p, kept := d.Profile("gobgp", simulate.Profile{})
	for name, c := range map[string]struct {
		got         []float64
		least, most float64
	}{
		"install": {p.Install, 40_000, 60_000},
		"send":    {p.Send, 10_000, 30_000},
		"connect": {p.Connect, 100_000, 300_000},
		"greet":   {p.Greet, 500_000, 700_000},
	} {
		off := 0.1 * (c.most - c.least)
		if len(c.got) != 11 {
			t.Errorf("%s: %v", name, c.got)
			continue
		}
		for at, want := range map[int]float64{0: c.least, 5: (c.least + c.most) / 2, 10: c.most} {
			if got := c.got[at]; math.Abs(got-want) > off {
				t.Errorf("%s: %d tenths are %.0f us or less, want %.0f: %v", name, at, got, want, c.got)
			}
		}
	}
	median := func(steps ...[]float64) (sum float64) {
		for _, s := range steps {
			sum += s[len(s)/2]
		}
		return sum
	}
	for name, c := range map[string][2]float64{
		"from a session's end to the route": {median(p.SessionEnd, p.Install), 60_000},
		"from a lost carrier to the route":  {median(p.Carrier, p.SessionEnd, p.Install), 61_000},
		"from a verdict to the UPDATE":      {median(p.Command, p.Send), 23_000},
	} {
		if math.Abs(c[0]-c[1]) > 5_000 {
			t.Errorf("%s it takes %.0f us, want %.0f", name, c[0], c[1])
		}
	}
	if len(kept) != 1 || !strings.HasPrefix(kept[0], "start") {
		t.Errorf("not seen: %v, want the start alone", kept)
	}
}

// TestSimulationsAgreeWithStoredRuns: medians are within the confidence interval of what
// labs measured, or 3 ms.
func TestSimulationsAgreeWithStoredRuns(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "agreement", "*.json"))
	if err != nil || len(files) != 12 {
		t.Fatalf("%d stored runs, want 12: %v", len(files), err)
	}
	rows := 0
	for _, file := range files {
		lab, err := reports.ReadSamples(file, load)
		if err != nil {
			t.Fatal(err)
		}
		stored := strings.TrimSuffix(filepath.Base(file), ".json")
		daemon, name, _ := strings.Cut(stored, "-")
		var set []string
		if daemon != "gobgp" {
			set = []string{"daemon=" + daemon, "topology.nodes.upstream.daemon=" + daemon}
		}
		r, err := simulated(t, name, 60, 3, set...)
		if err != nil {
			t.Fatalf("%s: %v", stored, err)
		}
		sim := reports.Sampled(r.Result)
		sim.Run.Experiment = lab.Run.Experiment
		g, ok, err := reports.Agree(lab, sim)
		if err != nil || !ok || len(g.Rows) < 3 {
			t.Fatalf("%s: %+v, %v, %v", stored, g, ok, err)
		}
		for _, row := range g.Rows {
			rows++
			if !row.Agrees {
				t.Errorf("%s %s: simulated %v ms, measured %v, in %v", stored, row.Metric, row.SimMS, row.LabMS, row.CI95MS)
			}
		}
	}
	if rows < 36 {
		t.Errorf("%d rows are compared, want 3 of each run", rows)
	}
}

// TestACallIntoSilenceIsLost: a neighbor that calls a router without power waits for the
// answer to its SYN, so that its session comes back at any time within that wait. Those
// whom the router calls come back with it.
func TestACallIntoSilenceIsLost(t *testing.T) {
	t.Parallel()
	r, err := simulated(t, "router-power-loss", 40, 5)
	if err != nil {
		t.Fatal(err)
	}
	var healed record.Time
	back := map[string][]time.Duration{}
	for e, err := range record.Events(r.Dir) {
		if err != nil {
			t.Fatal(err)
		}
		switch m := e.Data.(type) {
		case record.Fault:
			if m.Phase == record.FaultHealed {
				healed = e.At
			}
		case record.BGP:
			if m.Type == record.BGPOpen && m.Out && m.From == "east" && healed > 0 {
				back[m.To] = append(back[m.To], e.At.Sub(healed))
			}
		}
	}
	for neighbor, within := range map[string][2]time.Duration{"edge": {700 * time.Millisecond, 1300 * time.Millisecond}, "a": {0, 200 * time.Millisecond}, "b": {0, 200 * time.Millisecond}} {
		list := back[neighbor]
		if len(list) != 40 || slices.Max(list) < within[0] || slices.Max(list) > within[1] || slices.Min(list) > 300*time.Millisecond {
			t.Errorf("%s is back after %v, want at most %v", neighbor, list, within)
		}
	}
}
