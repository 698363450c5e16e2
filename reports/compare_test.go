package reports

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/reports/page"
)

// ramp returns n values, step apart, from low on.
func ramp(low, step float64, n int) []Number {
	var v []Number
	for i := range n {
		v = append(v, Number(low+step*float64(i*7%n)))
	}
	return v
}

// cellOf is a cell in which nothing but these metrics was seen.
func cellOf(name string, values map[string][]Number) Cell {
	c := Cell{Cell: map[string]string{}, Values: values}
	if name != "" {
		c.Cell["bfd.interval"] = name
	}
	for _, v := range values {
		c.Trials = max(c.Trials, len(v))
	}
	return c
}

func samplesOf(cells ...Cell) Samples {
	return Samples{Schema: samplesSchema, Cells: cells,
		Run: RunInfo{ID: "x", Scenario: "crash", Experiment: "e", Kernel: "Linux 6.1.0", CPUs: 2, CPU: "fast", Host: "here"}}
}

func outages(v []Number) Samples { return samplesOf(cellOf("", map[string][]Number{"outage": v})) }

func TestCompareReachesEveryVerdict(t *testing.T) {
	never := Number(math.Inf(1))
	for _, c := range []struct {
		name       string
		base, head []Number
		want       Direction
		code       int
		why        string
	}{
		{"the same", ramp(100, 5, 20), ramp(100, 5, 20), Same, 0, ""},
		{"slower by a third", ramp(100, 2, 20), ramp(140, 2, 20), Regression, 1, ""},
		{"faster by a third", ramp(140, 2, 20), ramp(100, 2, 20), Improvement, 0, ""},
		{"4 + 4 that don't overlap", ramp(100, 2, 4), ramp(140, 2, 4), Regression, 1, ""},
		{"3 + 4", ramp(100, 2, 3), ramp(140, 2, 4), Unknown, 4, "3 + 4 trials"},
		{"slower by less than 10 ms", ramp(50, 0.1, 20), ramp(57, 0.1, 20), Same, 0, "within the threshold"},
		{"the same, but a few outliers", append(ramp(50, 0.2, 20), 500), append(ramp(58, 0.2, 20), 500), Same, 0, "smaller than the threshold"},
		{"slower by less than 5 %", ramp(1000, 2, 20), ramp(1045, 2, 20), Same, 0, "smaller than the threshold"},
		{"noise as large as the shift", ramp(100, 100, 5), ramp(130, 100, 5), Same, 0, ""},
		{"one was not restored", ramp(100, 2, 20), append(ramp(100, 2, 19), never), Same, 0, ""},
		{"a quarter was not restored", ramp(1000, 2, 20), append(ramp(1000, 2, 15), slices.Repeat([]Number{never}, 5)...), Regression, 1, "5 of 20 trials not restored, in base 0 of 20"},
		{"a quarter is restored at last", append(ramp(1000, 2, 15), slices.Repeat([]Number{never}, 5)...), ramp(1000, 2, 20), Improvement, 0, "0 of 20"},
		{"a quarter is restored at last, but late", append(ramp(1000, 2, 15), slices.Repeat([]Number{never}, 5)...), ramp(2000, 2, 20), Regression, 1, ""},
		{"most were not restored", ramp(100, 2, 20), append(ramp(100, 2, 5), slices.Repeat([]Number{never}, 15)...), Regression, 1, ""},
		{"none was, in both", slices.Repeat([]Number{never}, 8), slices.Repeat([]Number{never}, 8), Same, 0, "within the threshold"},
		{"restored at last", slices.Repeat([]Number{never}, 8), ramp(100, 2, 8), Improvement, 0, ""},
		{"no outage in both", make([]Number, 10), make([]Number, 10), Same, 0, "within the threshold"},
		{"no outage before", make([]Number, 10), ramp(20, 1, 10), Regression, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Compare(outages(c.base), outages(c.head), DefaultThresholds())
			if got.Verdict != c.want || got.ExitCode() != c.code || len(got.Rows) != 1 || !strings.Contains(got.Rows[0].Why, c.why) {
				t.Errorf("%s, exit code %d, rows %+v; want %s, %d, %q", got.Verdict, got.ExitCode(), got.Rows, c.want, c.code, c.why)
			}
		})
	}
}

func TestInconclusiveTrialsAreCountedAndSpoilABiasedChoice(t *testing.T) {
	base, head := outages(ramp(100, 2, 20)), outages(ramp(140, 2, 20))
	head.Cells[0].Inconclusive = 5
	got := Compare(base, head, DefaultThresholds())
	if got.Verdict != Regression || got.Rows[0].Head.Inconclusive != 5 {
		t.Errorf("5 of 25 inconclusive: %+v", got.Rows[0])
	}
	head.Cells[0].Inconclusive = 6
	got = Compare(base, head, DefaultThresholds())
	if got.Verdict != Unknown || !strings.Contains(got.Rows[0].Why, "6 of 26 trials of head") {
		t.Errorf("6 of 26 inconclusive: %+v", got.Rows[0])
	}
}

// A stage's threshold is its own: 10 ms would hide that one became ten times
// slower.
func TestThresholds(t *testing.T) {
	stages := func(ms float64) Samples {
		return samplesOf(cellOf("", map[string][]Number{"installation": ramp(ms, 0.05, 20), "outage": ramp(ms, 0.05, 20)}))
	}
	for _, c := range []struct {
		name string
		set  func(*Thresholds)
		want map[string]Direction
	}{
		{"default", func(*Thresholds) {}, map[string]Direction{"installation": Regression, "outage": Same}},
		{"one for all", func(t *Thresholds) { t.MS = map[string]float64{"": 2} }, map[string]Direction{"installation": Regression, "outage": Regression}},
		{"one for one", func(t *Thresholds) { t.MS["installation"] = 20 }, map[string]Direction{"installation": Same, "outage": Same}},
		{"relative", func(t *Thresholds) { t.MS, t.Relative = nil, 1 }, map[string]Direction{"installation": Regression, "outage": Regression}},
		{"chosen", func(t *Thresholds) { t.Only = []string{"outage"} }, map[string]Direction{"outage": Same}},
	} {
		th := DefaultThresholds()
		c.set(&th)
		got := map[string]Direction{}
		for _, row := range Compare(stages(1), stages(8), th).Rows {
			got[row.Metric] = row.Verdict
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// One alarm in any row fails a build, so rows share the 5 %.
func TestProbabilitiesAreCorrectedOverCells(t *testing.T) {
	// 5 + 5 values that don't overlap have p = 0.008.
	var base, head []Cell
	for i := range 10 {
		name := string(rune('a' + i))
		base = append(base, cellOf(name, map[string][]Number{"outage": ramp(100, 30, 5)}))
		head = append(head, cellOf(name, map[string][]Number{"outage": ramp(105, 30, 5)}))
	}
	head[3].Values["outage"] = ramp(300, 30, 5)
	got := Compare(samplesOf(base...), samplesOf(head...), DefaultThresholds())
	if row := got.Rows[3]; row.Verdict != Unknown || row.P > 0.01 || row.PHolm < 0.05 || !strings.Contains(row.Why, "among 10 tests") {
		t.Errorf("10 tests: %+v", row)
	}
	got = Compare(samplesOf(base[2:5]...), samplesOf(head[2:5]...), DefaultThresholds())
	if row := got.Rows[1]; row.Verdict != Regression || got.Rows[0].Verdict != Same {
		t.Errorf("3 tests: %+v", got.Rows)
	}
}

func TestWhatIsNotComparedIsNoted(t *testing.T) {
	v := ramp(100, 5, 10)
	base := samplesOf(cellOf("10ms", map[string][]Number{"outage": v, "withdrawal": v, "receipt": v}), cellOf("50ms", map[string][]Number{"outage": v}))
	head := samplesOf(cellOf("10ms", map[string][]Number{"outage": v, "installation": v[:2]}), cellOf("90ms", map[string][]Number{"outage": v}))
	got := Compare(base, head, DefaultThresholds())
	verdicts := map[string]string{}
	for _, row := range got.Rows {
		verdicts[row.Metric] = string(row.Verdict) + ": " + row.Why
	}
	if diff := cmp.Diff(map[string]string{
		"outage":     "~: ",
		"withdrawal": "can't tell: seen in 10 of 10 trials of base and in 0 of 10 of head",
	}, verdicts); diff != "" {
		t.Error(diff)
	}
	want := []string{"bfd.interval=50ms: only in base: it can't be compared", "bfd.interval=90ms: only in head: it can't be compared"}
	if diff := cmp.Diff(want, got.Notes); diff != "" {
		t.Error(diff)
	}
	got = Compare(samplesOf(base.Cells[1]), samplesOf(head.Cells[1]), DefaultThresholds())
	if got.Verdict != Unknown || got.ExitCode() != 4 {
		t.Errorf("nothing in common: %+v", got)
	}
	// All trials of a cell are inconclusive.
	got = Compare(samplesOf(base.Cells[1]), samplesOf(Cell{Cell: base.Cells[1].Cell, Inconclusive: 10}), DefaultThresholds())
	if got.Verdict != Unknown || len(got.Rows) != 1 {
		t.Errorf("no conclusive trial: %+v", got)
	}
}

// A metric that is missing is no value that is well, in ratios as well.
func TestAMetricThatVanishesIsNotPassed(t *testing.T) {
	v := ramp(100, 5, 10)
	cells := func(values ...[]Number) Samples {
		return samplesOf(cellOf("10ms", map[string][]Number{"outage": values[0], "detection": v}), cellOf("50ms", map[string][]Number{"outage": values[1], "detection": v}))
	}
	base := cells(v, v)
	for _, c := range []struct {
		name string
		head Samples
		want Direction
	}{
		{"as before", cells(v, v), Same},
		{"gone", cells(nil, v), Unknown},
		{"gone from the reference", cells(v, nil), Unknown},
		{"in two trials of ten", cells(v[:2], v), Unknown},
		{"in nine trials of ten", cells(v[:9], v), Same},
	} {
		if got := Compare(base, c.head, DefaultThresholds()); got.Verdict != c.want {
			t.Errorf("%s: %s, want %s: %+v", c.name, got.Verdict, c.want, got.Rows)
		}
		got, err := CompareRatios(base, c.head, "bfd.interval=50ms", DefaultThresholds())
		if err != nil || got.Verdict != c.want {
			t.Errorf("%s, as ratios: %s, want %s: %v %+v", c.name, got.Verdict, c.want, err, got.Rows)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Error(err)
		}
		if err := page.Terminal(io.Discard, got.Page(), 0); err != nil {
			t.Error(err)
		}
	}
}

func TestComparable(t *testing.T) {
	same := outages(nil)
	change := func(f func(*RunInfo)) Samples {
		s := outages(nil)
		f(&s.Run)
		return s
	}
	for _, c := range []struct {
		name               string
		head               Samples
		machines, scenario bool // whether that is the reason
	}{
		{"the same", same, false, false},
		{"kernel", change(func(r *RunInfo) { r.Kernel = "Linux 6.2.0" }), true, false},
		{"processors", change(func(r *RunInfo) { r.CPUs = 4 }), true, false},
		{"processor", change(func(r *RunInfo) { r.CPU = "slow" }), true, false},
		{"host", change(func(r *RunInfo) { r.Host = "there" }), true, false},
		{"an older record", change(func(r *RunInfo) { r.Host, r.CPU = "", "" }), false, false},
		{"another scenario", change(func(r *RunInfo) { r.Scenario = "drain" }), false, true},
		{"the scenario was changed", change(func(r *RunInfo) { r.Experiment = "f" }), false, true},
		{"only trials were changed", change(func(r *RunInfo) { r.ScenarioSHA256 = "f" }), false, false},
		{"changed, an older record", change(func(r *RunInfo) { r.Experiment, r.ScenarioSHA256 = "", "f" }), false, true},
	} {
		err := Comparable(same, c.head, false, false)
		if (err != nil) != (c.machines || c.scenario) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := Comparable(same, c.head, c.machines, c.scenario); err != nil {
			t.Errorf("%s, and allowed: %v", c.name, err)
		}
		changes := Compare(same, c.head, DefaultThresholds())
		before := len(changes.Notes)
		changes.Caveats()
		if (len(changes.Notes) > before) != (c.machines || c.scenario) {
			t.Errorf("%s: notes %q", c.name, changes.Notes)
		}
	}
}

func TestCompareRatios(t *testing.T) {
	two := func(ref, other float64) Samples {
		return samplesOf(cellOf("50ms", map[string][]Number{"outage": ramp(ref, ref/100, 12)}),
			cellOf("10ms", map[string][]Number{"outage": ramp(other, other/100, 12)}))
	}
	for _, c := range []struct {
		name string
		head Samples
		want Direction
	}{
		{"the same", two(200, 100), Same},
		{"a machine of half the speed", two(400, 200), Same},
		{"one cell slower", two(200, 150), Regression},
		{"one cell slower on a slower machine", two(400, 300), Regression},
		{"one cell faster", two(200, 60), Improvement},
		{"too few trials", samplesOf(cellOf("50ms", map[string][]Number{"outage": ramp(1, 1, 3)}), cellOf("10ms", map[string][]Number{"outage": ramp(1, 1, 3)})), Unknown},
		{"no outage", two(0, 0), Unknown},
	} {
		got, err := CompareRatios(two(200, 100), c.head, "bfd.interval=50ms", DefaultThresholds())
		if err != nil || got.Verdict != c.want {
			t.Errorf("%s: %v, %s %+v; want %s", c.name, err, got.Verdict, got.Rows, c.want)
		}
		if len(got.Notes) == 0 || !strings.Contains(got.Notes[0], "can't be seen") {
			t.Errorf("%s: notes %q", c.name, got.Notes)
		}
	}
	if _, err := CompareRatios(two(1, 1), two(1, 1), "bfd.interval=7ms", DefaultThresholds()); err == nil {
		t.Error("an unknown reference is accepted")
	}
	if _, err := CompareRatios(outages(nil), outages(nil), "", DefaultThresholds()); err == nil {
		t.Error("a run of one cell has no ratios")
	}
}

// example has a row of every verdict.
func example() Changes {
	never := Number(math.Inf(1))
	values := func(shift float64) map[string][]Number {
		return map[string][]Number{
			"outage":       ramp(100+shift, 2, 20),
			"detection":    ramp(90-shift/2, 2, 20),
			"installation": ramp(1, 0.01, 20),
			"switch":       append(ramp(100, 5, 17), never, never, never),
		}
	}
	base := samplesOf(cellOf("50ms", values(0)), cellOf("10ms", map[string][]Number{"outage": ramp(20, 1, 3)}))
	head := samplesOf(cellOf("50ms", values(40)), cellOf("10ms", map[string][]Number{"outage": ramp(20, 1, 20)}))
	base.Run.ID, base.Run.Anylab, base.Run.Daemons = "20260102T030405.000Z", "v1.0.0", map[string]string{"frr": "10.1", "gobgp": "3.37.0"}
	head.Run.ID, head.Run.Anylab, head.Run.Daemons = "20260203T040506.000Z", "v1.1.0", map[string]string{"frr": "10.2", "gobgp": "3.37.0"}
	head.Run.Kernel = "Linux 6.2.0"
	head.Cells[0].Inconclusive = 2
	c := Compare(base, head, DefaultThresholds())
	c.Caveats()
	return c
}

func TestChangesFormats(t *testing.T) {
	for _, f := range Forms {
		goldenText(t, "compare."+f.Name, func(w *bytes.Buffer) error { return f.Write(w, example(), 0) })
	}
	var b bytes.Buffer
	if err := writeJSON(&b, example()); err != nil {
		t.Fatal(err)
	}
	var back Changes
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back.Verdict != Regression || len(back.Rows) != 5 {
		t.Errorf("read back: %v, %+v", err, back)
	}
	for _, f := range Forms {
		if err := f.Write(failing{}, example(), 0); err == nil {
			t.Errorf("%s: a failed write goes unnoticed", f.Name)
		}
	}
}

func goldenText(t *testing.T, name string, write func(*bytes.Buffer) error) {
	t.Helper()
	golden(t, name, func(w io.Writer, _ *Report) error {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		_, err := w.Write(b.Bytes())
		return err
	}, nil)
}

func TestSamplesSurviveTheirFile(t *testing.T) {
	r := crashes(6).load(t)
	r.Result.Trials[1].Metrics["outage"] = Number(math.Inf(1))
	r.Result.Trials[1].MetricsBounds["outage"] = Bounds{95, Number(math.Inf(1))}
	r.Result.Trials[2].Status = Doubtful
	want := Sampled(r.Result)
	if c := want.Cells[0]; c.Trials != 5 || c.Inconclusive != 1 || len(c.Values["outage"]) != 5 {
		t.Errorf("%d trials, %d inconclusive, outages %v", c.Trials, c.Inconclusive, c.Values["outage"])
	}
	path := filepath.Join(t.TempDir(), "deep", "base.json")
	if err := want.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := ReadSamples(path, Load)
	if err != nil {
		t.Fatal(err)
	}
	near := cmp.Comparer(func(a, b Number) bool { return a == b || math.Abs(float64(a-b)) < 0.001 })
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(path)
	if err != nil || bytes.Count(text, []byte("\n")) > 90 || !bytes.Contains(text, []byte(`"outage": [105, null, `)) || !bytes.Contains(text, []byte(`"outage": [100, 95, `)) {
		t.Errorf("%v; a metric should be one line:\n%s", err, text)
	}
}

func TestReadSamplesOfARunAndOfItsResultAgree(t *testing.T) {
	r := crashes(6).load(t)
	if err := r.Write(r.Dir); err != nil {
		t.Fatal(err)
	}
	dir, err := ReadSamples(r.Dir, Load)
	if err != nil {
		t.Fatal(err)
	}
	file, err := ReadSamples(filepath.Join(r.Dir, "result.json"), Load)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, r.Dir, "run.json")
	alone, err := ReadSamples(r.Dir, Load)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []Samples{file, alone} {
		if got := Compare(dir, s, DefaultThresholds()); got.Verdict != Same || len(got.Rows) < 5 {
			t.Errorf("%s %+v", got.Verdict, got.Rows)
		}
	}
}

func TestReadSamplesNamesWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "it is empty",
		"{}":                 "neither a result",
		`{"schema": "x/v1"}`: `"x/v1"`,
		`{"schema": "anylab.result/v1", "trials": [{}]}`: "anylab report",
		`{"schema": "anylab.baseline/v1", "cells": 3}`:   "x.json is damaged: cells is a number, not a list",
		`{"schema": "anylab.result/v1", "trials": {}}`:   "x.json is damaged: trials is a mapping, not a list",
	} {
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSamples(path, Load); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one about %s", text, err, want)
		}
	}
	if _, err := ReadSamples(filepath.Join(t.TempDir(), "none"), Load); err == nil {
		t.Error("no error for a path that isn't there")
	}
	path := filepath.Join("..", "scenarios", "service-crash.yaml") // is in order, but no run
	if _, err := ReadSamples(path, Load); err == nil || !strings.HasPrefix(err.Error(), path+" is neither a run nor a baseline: want ") {
		t.Errorf("of a scenario: %v", err)
	}
}
