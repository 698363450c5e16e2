package reports

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
)

// divide writes the story as n shards, each changed as is said of it, and returns
// their directories.
func (s story) divide(t testing.TB, n int, change map[int]func(*story)) []string {
	t.Helper()
	var dirs []string
	for i := range n {
		own, from, to := s, len(s.trials)*i/n, len(s.trials)*(i+1)/n
		own.trials, own.first, own.shard = s.trials[from:to], from, &record.Shard{Index: i + 1, Of: n}
		if c := change[i+1]; c != nil {
			c(&own)
		}
		dirs = append(dirs, filepath.Join(t.TempDir(), "run"))
		own.write(t, dirs[i])
	}
	return dirs
}

// merged makes one run of shards.
func merged(t testing.TB, dirs []string) *Report {
	t.Helper()
	dir, err := record.Merge(t.TempDir(), dirs, func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A run of shards comes to what the run comes to that was not divided.
func TestMergedIsTheSameRun(t *testing.T) {
	whole := crashes(20)
	whole.silence = true
	want, got := whole.load(t).Result, merged(t, whole.divide(t, 3, nil)).Result
	var parts []string
	for i := range got.Trials {
		if part := got.Trials[i].Part; !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
		got.Trials[i].Part = ""
	}
	if diff := cmp.Diff([]string{"shard-1", "shard-2", "shard-3"}, parts); diff != "" {
		t.Error(diff)
	}
	for name, both := range map[string][2]any{
		"trials": {want.Trials, got.Trials}, "summary": {want.Summary, got.Summary}, "verdicts": {want.Verdicts, got.Verdicts},
		"findings": {want.Findings, got.Findings}, "verdict": {want.Verdict, got.Verdict}, "explain": {want.Explain, got.Explain},
	} {
		if diff := cmp.Diff(inJSON(t, both[0]), inJSON(t, both[1])); diff != "" {
			t.Errorf("%s (-whole +merged):\n%s", name, diff)
		}
	}
	if n := len(got.Calibration.Silences); n != 3 || got.Parts[1].Silences != 1 || got.Parts[2].Trials != 7 {
		t.Errorf("%d silences, parts %+v", n, got.Parts)
	}
}

// inJSON is a value as result.json has it, to the microsecond.
func inJSON(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	if err := writeJSON(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is wrong with one part is wrong with the run, and named.
func TestWhatOnePartLacks(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*story)
		finding string
	}{
		"a trial": {func(s *story) { s.planned = len(s.trials) + 1 }, "trials-missing(doubt)"},
		"its calibration": {func(s *story) {
			s.extra = func(d *record.Dir) {
				d.Emit(record.Event{At: at(1.9e6 + 60), Kind: record.KindSilence, Node: "london", Data: record.Silence{
					Asked: 20 * time.Millisecond, Since: at(1.9e6 - 40), Cut: at(1.9e6), Dark: at(1.9e6), Lift: at(1.9e6 + 20), Clear: at(1.9e6 + 20)}})
			}
		}, "calibration-inconclusive(doubt)"},
	} {
		r := merged(t, crashes(40).divide(t, 4, map[int]func(*story){3: c.change}))
		if got := names(r.Result.Findings); !strings.Contains(got, c.finding) || r.Result.Verdict != Inconclusive {
			t.Errorf("a part that lacks %s: %v, findings %s", name, r.Result.Verdict, got)
		}
		if !slices.ContainsFunc(r.Result.Findings, func(f Finding) bool {
			return strings.HasPrefix(c.finding, f.Name) && strings.HasPrefix(f.Detail, "shard-3: ")
		}) {
			t.Errorf("a part that lacks %s is not named: %+v", name, r.Result.Findings)
		}
	}
}

// A clock's step in one part is its own: times of two parts have nothing in common.
func TestPartsHaveTheirOwnClocks(t *testing.T) {
	r := merged(t, crashes(9).divide(t, 3, map[int]func(*story){2: func(s *story) {
		s.extra = func(d *record.Dir) {
			d.Emit(record.Event{At: at(600), Kind: record.KindClock, Data: record.Clock{OffsetNS: 1e9}})
		}
	}}))
	for _, trial := range r.Result.Trials {
		if stepped := strings.Contains(names(trial.Findings), "clock-step"); stepped != (trial.Part == "shard-2" && trial.Index == 3) {
			t.Errorf("%s, trial %d: a step of its clock: %v", trial.Part, trial.Index, stepped)
		}
	}
}

func TestMachinesAreJudgedApart(t *testing.T) {
	r := merged(t, crashes(40).divide(t, 4, map[int]func(*story){3: func(s *story) {
		s.differs = func(run *record.Run) { run.CPUs = 64 }
		for i := range s.trials {
			s.trials[i].outage += 1000 // which is the machine's
		}
	}}))
	var cells []string
	for _, v := range r.Result.Verdicts {
		if v.Expect == "p95(outage) < 1s" {
			cells = append(cells, fmt.Sprintf("%s: %v over %d", record.CellName(v.Cell), v.OK, v.N))
		}
	}
	if diff := cmp.Diff([]string{"machine=1: true over 30", "machine=2: false over 10"}, cells); diff != "" {
		t.Error(diff)
	}
	if got := names(r.Result.Findings); !strings.Contains(got, "machines-differ") || r.Result.Verdict != Fail || r.Result.Parts[2].Machine != "2" {
		t.Errorf("%v, findings %s, parts %+v", r.Result.Verdict, got, r.Result.Parts)
	}
}

// A shard judges nothing, and nothing is compared with it.
func TestAShardJudgesNothing(t *testing.T) {
	slow := crashes(8)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	dirs := slow.divide(t, 4, nil)
	r, err := Load(dirs[1])
	if err != nil {
		t.Fatal(err)
	}
	if r.Result.Verdict != Recorded || r.ExitCode() != 0 || len(r.Result.Verdicts) != 0 {
		t.Errorf("%v, exit code %d, verdicts %v", r.Result.Verdict, r.ExitCode(), r.Result.Verdicts)
	}
	if why := Sampled(r.Result).Useless(); !strings.Contains(why, "shard 2/4") {
		t.Errorf("compared as if it were a run: %q", why)
	}
	if r := merged(t, dirs); r.Result.Verdict != Fail {
		t.Errorf("all of them: %v", r.Result.Verdict)
	}
}

// Whoever reads a run reads one of parts: comparison, history, baseline, page.
func TestReadersOfPartedRuns(t *testing.T) {
	s := crashes(20)
	r := merged(t, s.divide(t, 2, nil))
	if err := r.Write(r.Dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"report.html", "result.json", "junit.xml", "bench.txt", "figures/timeline.svg"} {
		if _, err := os.Stat(filepath.Join(r.Dir, f)); err != nil {
			t.Error(err)
		}
	}
	head, err := ReadSamples(r.Dir, Load)
	if err != nil {
		t.Fatal(err)
	}
	if c := Compare(Sampled(s.load(t).Result), head, Thresholds{}); len(c.Rows) == 0 || c.Rows[0].Base.Median != c.Rows[0].Head.Median || c.Verdict == Regression {
		t.Errorf("compared with the whole: %v, %d rows", c.Verdict, len(c.Rows))
	}
	runs, err := History([]string{filepath.Dir(r.Dir)}, Load)
	if err != nil || len(runs) != 1 || runs[0].Cells[0].Trials != 20 {
		t.Errorf("history %+v, error %v; want the run, and its parts not again", runs, err)
	}
	if stored, err := ReadSamples(filepath.Join(r.Dir, "result.json"), Load); err != nil || len(stored.Cells) != 1 {
		t.Errorf("result.json: %+v, %v", stored, err)
	}
	if err := Table(io.Discard, r); err != nil {
		t.Error(err)
	}
}

// BenchmarkMerge makes and judges a run of 100 shards of 60 trials, and writes its
// reports.
func BenchmarkMerge(b *testing.B) {
	record.SpendMemory()
	s := crashes(6000)
	s.differs = func(run *record.Run) { run.Ended = run.Started.Add(time.Hour) }
	dirs := s.divide(b, 100, nil)
	for b.Loop() {
		r := merged(b, dirs)
		if n := len(r.Result.Trials); n != 6000 || r.Result.Verdict != Pass {
			b.Fatalf("%d trials, %v, findings %s", n, r.Result.Verdict, names(r.Result.Findings))
		}
		if err := r.Write(r.Dir); err != nil {
			b.Fatal(err)
		}
	}
}
