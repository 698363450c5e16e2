package reports

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/words"

	"github.com/google/go-cmp/cmp"
)

// runs returns n runs a day apart, with outages around each of the levels.
func runs(n int, levels ...float64) []Samples {
	var list []Samples
	for _, level := range levels {
		for i := range n {
			s := outages(ramp(level+float64(i*5%3), 1, 12))
			s.Run.Started = time.Date(2026, 1, 1+len(list), 12, 0, 0, 0, time.UTC)
			s.Run.ID = s.Run.Started.Format("20060102T150405.000Z")
			s.Run.Anylab, s.Run.Daemons = "v1", map[string]string{"frr": "10.1"}
			list = append(list, s)
		}
	}
	return list
}

func TestTrendFindsTheRunThatChanged(t *testing.T) {
	list := runs(8, 100, 130)
	for i := 8; i < 16; i++ {
		list[i].Run.Daemons = map[string]string{"frr": "10.2"}
	}
	list[3].Cells[0].Inconclusive = 9 // left out
	got, err := MakeTrend(list, "outage", false, false)
	if err != nil {
		t.Fatal(err)
	}
	c := got.Cells[0]
	if len(c.Changes) != 1 || c.Changes[0].Run != list[8].Run.ID || c.Changes[0].Before > 110 || c.Changes[0].After < 130 {
		t.Errorf("changes %+v, want one with run %s", c.Changes, list[8].Run.ID)
	} else if diff := cmp.Diff([]string{"frr 10.1 to 10.2"}, c.Changes[0].Other); diff != "" {
		t.Error(diff)
	}
	if !c.Runs[3].Doubtful || c.Runs[4].Doubtful || len(c.Runs) != 16 {
		t.Errorf("runs %+v", c.Runs)
	}
	for _, f := range Forms {
		goldenText(t, "trend."+f.Name, func(b *bytes.Buffer) error { return f.Write(b, got, 0) })
	}
	files, err := got.Plot(t.TempDir())
	if err != nil || len(files) != 2 {
		t.Errorf("%q, %v; want one figure in two formats", files, err)
	}
}

func TestTrendWithoutAChange(t *testing.T) {
	got, err := MakeTrend(runs(12, 100), "outage", false, false)
	if err != nil || len(got.Cells[0].Changes) != 0 || len(got.Notes) != 0 {
		t.Errorf("%v, %+v", err, got)
	}
	got, err = MakeTrend(runs(3, 100, 500), "outage", false, false)
	if err != nil || len(got.Cells[0].Changes) != 0 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "6 runs") {
		t.Errorf("six runs: %v, %+v", err, got)
	}
	got, err = MakeTrend(runs(8, 100), "detection", false, false)
	if err != nil || len(got.Cells) != 0 || len(got.Notes) != 1 {
		t.Errorf("a metric that was not seen: %v, %+v", err, got)
	}
}

func TestTrendRefusesWhatCannotBeCompared(t *testing.T) {
	list := runs(2, 100)
	list[1].Run.Host = "there"
	if _, err := MakeTrend(list, "outage", false, false); err == nil || !strings.Contains(err.Error(), "different machines") {
		t.Errorf("error %v", err)
	}
	if _, err := MakeTrend(list, "outage", true, false); err != nil {
		t.Error(err)
	}
	list[1].Run.Host, list[1].Run.Experiment = "here", "f"
	if _, err := MakeTrend(list, "outage", false, false); err == nil {
		t.Error("a changed scenario is accepted")
	}
	if _, err := MakeTrend(list, "lost", true, true); err == nil {
		t.Error("a count is accepted")
	}
	if _, err := MakeTrend(nil, "outage", true, true); err == nil {
		t.Error("no runs are accepted")
	}
}

func TestHistoryFindsRunsInOrder(t *testing.T) {
	dir := t.TempDir()
	list := runs(3, 100)
	for i, s := range list {
		if err := s.Save(filepath.Join(dir, "base", fmt.Sprintf("%d.json", 9-i))); err != nil {
			t.Fatal(err)
		}
	}
	crashes(2).write(t, filepath.Join(dir, "out", "service-crash", "one"))
	got, err := History([]string{filepath.Join(dir, "base", "9.json"), filepath.Join(dir, "base", "7.json"), filepath.Join(dir, "base", "7.json"), filepath.Join(dir, "out")}, Load)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range got {
		ids = append(ids, s.Run.ID)
	}
	if diff := cmp.Diff([]string{list[0].Run.ID, "20260102T030405.000Z", list[2].Run.ID}, ids); diff != "" {
		t.Error(diff)
	}
	if one, err := History([]string{filepath.Join(dir, "out", "service-crash", "one")}, Load); err != nil || len(one) != 1 {
		t.Errorf("%d runs, %v", len(one), err)
	}
	if all, err := History([]string{filepath.Join(dir, "base")}, Load); err != nil || len(all) != 3 {
		t.Errorf("%d baselines in a directory of 3, %v", len(all), err)
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"empty", "none"} {
		if _, err := History([]string{filepath.Join(dir, path)}, Load); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}

// One run of three trials is shown for what it is.
func TestTrendTextOfFewRuns(t *testing.T) {
	one := outages([]Number{100, 101, 102})
	never := outages([]Number{Number(math.Inf(1)), Number(math.Inf(1)), 100, Number(math.Inf(1))})
	for _, c := range []struct {
		run  Samples
		want string
	}{{one, "left out: too few conclusive trials"}, {never, "left out: mostly not restored"}} {
		got, err := MakeTrend([]Samples{c.run}, "outage", false, false)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := page.Terminal(&b, got.Page(), 0); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{c.want, "\n- too few runs for a change to show\n", "- 0 runs with enough"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q lacks %q", b.String(), want)
			}
		}
	}
	if got := words.Count(1, "run"); got != "1 run" {
		t.Errorf("%q, want 1 run", got)
	}
}

// BenchmarkTrend reads and judges 300 stored runs of ten trials.
func BenchmarkTrend(b *testing.B) {
	record.SpendMemory()
	dir := b.TempDir()
	for i := range 300 {
		s := crashes(10)
		s.differs = func(run *record.Run) {
			run.Started = run.Started.Add(time.Duration(i) * time.Hour)
			run.Ended = run.Started.Add(time.Hour)
			run.ID = record.ID(run.Started)
		}
		s.write(b, filepath.Join(dir, "x", fmt.Sprint(i)))
	}
	for b.Loop() {
		runs, err := History([]string{dir}, Load)
		if err != nil {
			b.Fatal(err)
		}
		t, err := MakeTrend(runs, "outage", false, false)
		if err != nil || len(t.Cells) != 1 || len(t.Cells[0].Runs) != 300 {
			b.Fatalf("%d cells, %v", len(t.Cells), err)
		}
	}
}
