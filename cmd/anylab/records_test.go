package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
	"anylab/reports"
)

const records = "testdata/records"

// TestStoredRuns judges a run of every form that the record has had.
func TestStoredRuns(t *testing.T) {
	archives, err := filepath.Glob(filepath.Join(records, "*.tar.gz"))
	if err != nil || len(archives) < 4 {
		t.Fatalf("stored runs %v, %v", archives, err)
	}
	for _, archive := range archives {
		name := strings.TrimSuffix(filepath.Base(archive), ".tar.gz")
		t.Run(name, func(t *testing.T) {
			r, err := load(unpack(t, name))
			if err != nil {
				t.Fatal(err)
			}
			got, path := judgedAs(r.Result), filepath.Join(records, name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), without(got, string(want))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err := r.Write(t.TempDir()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStoredRunsWithWhatIsRefusedToday: what a validator has come to refuse is
// in somebody's archive.
func TestStoredRunsWithWhatIsRefusedToday(t *testing.T) {
	dir := unpack(t, "1-own-file")
	before, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), `trials: 2\n`, `trials: 2\nsustain: 30s\nlimit: 30s\ncolour: blue\n`, 1)
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Result.Run; got.SustainMS != 30000 || got.LimitMS != 30000 {
		t.Errorf("sustain %v, limit %v: the record was not edited", got.SustainMS, got.LimitMS)
	}
	if diff := cmp.Diff(before.Result.Trials[0].Outage, r.Result.Trials[0].Outage); diff != "" {
		t.Errorf("another outage: %s", diff)
	}
}

// TestEveryCommandReadsOldRuns: they all read records through one function.
func TestEveryCommandReadsOldRuns(t *testing.T) {
	dir := unpack(t, "1-own-file")
	s, err := reports.ReadSamples(dir, load)
	if err != nil || s.Cells[0].Trials != 2 {
		t.Errorf("compare and baseline: %v, %+v", err, s.Cells)
	}
	if list, err := reports.History([]string{dir}, load); err != nil || len(list) != 1 {
		t.Errorf("trend: %v, %d runs", err, len(list))
	}
	if _, err := reports.Load(dir); err == nil || !strings.Contains(err.Error(), "no experiment") {
		t.Errorf("got %v: reports read facts only", err)
	}
}

// without leaves out the metrics that were not there when the run was judged
// first: more may be added.
func without(got, want string) string {
	var kept []string
	for line := range strings.SplitSeq(got, "\n") {
		metric, indented := strings.CutPrefix(line, "  ")
		name, _, _ := strings.Cut(metric, " ")
		if !indented || strings.Contains(want, "\n  "+name+" ") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// judgedAs tells what must stay: the verdict, what holds, the numbers, and what
// was found.
func judgedAs(res reports.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\n", res.Verdict, res.Run.Scenario, res.Run.Experiment)
	for _, f := range res.Findings {
		fmt.Fprintf(&b, "%s %s\n", f.Severity, f.Name)
	}
	for _, t := range res.Trials {
		var found []string
		for _, f := range t.Findings {
			found = append(found, f.Name)
		}
		fmt.Fprintf(&b, "trial %d of %q: %s, answered by %s > %s > %s, found %v\n", t.Index, record.CellName(t.Cell), t.Status,
			t.AnsweredBy.Before, t.AnsweredBy.After, t.AnsweredBy.Healed, found)
		for _, m := range slices.Sorted(maps.Keys(t.Metrics)) {
			text, _ := t.Metrics[m].MarshalJSON()
			fmt.Fprintf(&b, "  %s %s\n", m, text)
		}
	}
	for _, v := range slices.Concat(res.Verdicts, res.Claims) {
		fmt.Fprintf(&b, "%q of %q: %v, %d trials\n", v.Expect, record.CellName(v.Cell), v.OK, v.N)
	}
	for _, l := range res.LeftOut {
		fmt.Fprintf(&b, "left out %q\n", record.CellName(l.Values))
	}
	for _, s := range res.RFC7747 {
		fmt.Fprintf(&b, "RFC 7747: %d parameters, %d and %d benchmarks\n", len(s.Parameters), len(s.Event), len(s.Reversion))
	}
	return b.String()
}

// unpack puts a stored run into a new directory.
func unpack(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(filepath.Join(records, name+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err == nil && h.Typeflag == tar.TypeDir {
			continue
		}
		if err == nil {
			err = place(filepath.Join(dir, filepath.FromSlash(h.Name)), in)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func place(path string, in io.Reader) error {
	data, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// Facts that an old run was completed with are not written into it: a later
// anylab may know better.
func TestReportLeavesOldFactsAlone(t *testing.T) {
	dir := unpack(t, "1-service-crash")
	r, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	after, err := record.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if after.Experiment != nil || after.Cells[0].Experiment != nil {
		t.Error("what the report made of the scenario stands in run.json")
	}
	if len(r.Silences) == 0 || after.Calibration == nil || after.Calibration.ErrorMS == nil {
		t.Errorf("%d silences; run.json lacks what they showed: %+v", len(r.Silences), after.Calibration)
	}
}
