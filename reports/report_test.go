package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"
)

var update = flag.Bool("update", false, "write the stored run and the golden files anew")

// stored is a small run directory that is kept with the code: it must stay
// readable, and give the same reports.
const stored = "testdata/service-crash"

func TestStoredRun(t *testing.T) {
	if *update {
		if err := os.RemoveAll(stored); err != nil {
			t.Fatal(err)
		}
		s := crashes(4)
		s.trials[2].lossBefore = true
		s.planned = 5
		s.outcome, s.silence = "the lab did not settle", true
		s.write(t, stored)
	}
	r, err := Load(stored)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		format Format
	}{{"table.txt", Table}, {"bench.txt", Bench}, {"junit.xml", JUnit}, {"report.html", HTML}, {"report.md", Markdown}, {"result.json", JSON}} {
		golden(t, c.name, c.format, r)
	}
}

func golden(t *testing.T, name string, format Format, r *Report) {
	t.Helper()
	var b bytes.Buffer
	if err := format(&b, r); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

func TestVerdicts(t *testing.T) {
	slow := crashes(10)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	doubtful := crashes(10)
	for i := range 3 {
		doubtful.trials[i].lossBefore = true
	}
	bearable := crashes(10)
	for i := range 2 {
		bearable.trials[i].lossBefore = true
	}
	short := crashes(7)
	short.planned = 10
	dead := crashes(10)
	dead.trials[4].dead = true
	for _, c := range []struct {
		name string
		s    story
		want Outcome
		code int
	}{
		{"all expectations hold", crashes(10), Pass, 0},
		{"p95(outage) is above 1 s", slow, Fail, 1},
		{"three of ten are inconclusive", doubtful, Inconclusive, 4},
		{"two of ten are inconclusive", bearable, Pass, 0},
		{"three of ten were not made", short, Inconclusive, 4},
		{"no trial", story{scenario: "service-crash", rate: 200, flows: 2, trials: nil}, Inconclusive, 4},
		{"one was not restored", dead, Fail, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(c.s.trials) == 0 {
				c.s.trials, c.s.planned = []tale{{detect: 1, outage: 1}}, 10
			}
			r := c.s.load(t)
			if r.Result.Verdict != c.want || r.ExitCode() != c.code {
				t.Errorf("verdict %s, exit code %d; want %s, %d", r.Result.Verdict, r.ExitCode(), c.want, c.code)
			}
		})
	}
}

func TestNotRestoredIsCensored(t *testing.T) {
	s := crashes(3)
	s.trials[1].dead = true
	r := s.load(t)
	trial := r.Result.Trials[1]
	if trial.Status != NotRestored || !trial.Outage.Open || trial.Outage.High != nil {
		t.Errorf("status %s, outage %+v", trial.Status, trial.Outage)
	}
	at := slices.IndexFunc(r.Result.Summary, func(s Summary) bool { return s.Metric == "outage" })
	sum := r.Result.Summary[at]
	if sum.N != 3 || sum.Censored != 1 || !math.IsInf(float64(sum.Max), 1) {
		t.Errorf("summary %+v, want 3 outages, one of them unlimited", sum)
	}
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if !math.IsInf(float64(back.Summary[at].Max), 1) || back.Trials[1].Status != NotRestored {
		t.Errorf("read back: max %v, status %s", back.Summary[at].Max, back.Trials[1].Status)
	}
}

func TestCellsAreJudgedApart(t *testing.T) {
	s := crashes(8)
	s.set = nil
	for i := range s.trials {
		s.trials[i].cell = map[string]string{"services.dns.health.interval": "100ms"}
		if i%2 == 1 {
			s.trials[i].cell = map[string]string{"services.dns.health.interval": "1s"}
			s.trials[i].outage = 1400
		}
	}
	r := s.load(t)
	ok := map[string]bool{}
	for _, v := range r.Result.Verdicts {
		if v.Expect == "p95(outage) < 1s" {
			ok[v.Cell["services.dns.health.interval"]] = v.OK
		}
	}
	if !ok["100ms"] || ok["1s"] || len(ok) != 2 || len(r.Result.Explain) != 2 {
		t.Errorf("verdicts %v, explained %q", ok, r.Result.Explain)
	}
}

func TestWriteLeavesEverything(t *testing.T) {
	r := crashes(3).load(t)
	if err := r.Write(r.Dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bench.txt", "junit.xml", "report.html", "report.md", "result.json"} {
		if info, err := os.Stat(filepath.Join(r.Dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, or empty", name, err)
		}
	}
	if len(r.Figures) < 6 {
		t.Errorf("figures %q, want four in two formats", r.Figures)
	}
	for _, f := range r.Figures {
		if _, err := os.Stat(filepath.Join(r.Dir, f)); err != nil {
			t.Error(err)
		}
	}
	page, err := os.ReadFile(filepath.Join(r.Dir, "report.html"))
	if err != nil || bytes.Count(page, []byte("<figure")) != len(r.Figures)/2-1 { // every trial has a timeline of the page's own
		t.Errorf("%v; %d figures in the page, want %d", err, bytes.Count(page, []byte("<figure")), len(r.Figures)/2-1)
	}
	// It can be remade, from nothing but the record.
	first, err := os.ReadFile(filepath.Join(r.Dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	remove(t, r.Dir, "result.json")
	again, err := Load(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Write(again.Dir); err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(filepath.Join(r.Dir, "result.json"))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%v; the second result.json differs: %s", err, cmp.Diff(string(first), string(second)))
	}
}

// Where one file can't be made, all are as they were, and nothing is left beside them.
func TestWriteLeavesAllOrNothing(t *testing.T) {
	r := crashes(3).load(t)
	figures, result := filepath.Join(r.Dir, "figures"), filepath.Join(r.Dir, "result.json")
	before := []byte("of an earlier report\n")
	if err := errors.Join(os.WriteFile(figures, nil, 0o600), os.WriteFile(result, before, 0o600)); err != nil {
		t.Fatal(err)
	}
	list := entries(t, r.Dir)
	if err := r.Write(r.Dir); err == nil {
		t.Fatal("figures were drawn into a file")
	}
	if after, err := os.ReadFile(result); err != nil || !bytes.Equal(after, before) {
		t.Errorf("result.json says %q, %v", after, err)
	}
	if left := entries(t, r.Dir); !slices.Equal(left, list) {
		t.Errorf("there is %q, want %q", left, list)
	}
}

// entries are the names of what a directory has, sorted.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestBenchCanBeReadByBenchstat(t *testing.T) {
	s := crashes(4)
	s.trials[1].lossBefore = true
	r := s.load(t)
	var b bytes.Buffer
	if err := Bench(&b, r); err != nil {
		t.Fatal(err)
	}
	in := benchfmt.NewReader(&b, "bench.txt")
	results := 0
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.Result:
			results++
			if v, ok := rec.Value("outage-sec"); !ok || v < 0.1 || v > 0.3 {
				t.Errorf("outage %v %v, want about 0.1 to 0.2 seconds", v, ok)
			}
			if rec.GetConfig("scenario") != "service-crash" {
				t.Errorf("scenario %q", rec.GetConfig("scenario"))
			}
		case *benchfmt.SyntaxError:
			t.Error(rec)
		}
	}
	if results != 3 {
		t.Errorf("%d results, want 3: one trial is inconclusive", results)
	}
}

func TestJUnitTellsFailureFromDoubt(t *testing.T) {
	slow := crashes(6)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	short := crashes(3)
	short.planned = 10
	doubtful := crashes(1)
	doubtful.trials[0].lossBefore = true
	for _, c := range []struct {
		s                story
		failures, errors int
		skipped          int
	}{{crashes(6), 0, 0, 0}, {slow, 1, 0, 0}, {short, 0, 1, 4}, {doubtful, 0, 1, 4}} {
		var b bytes.Buffer
		if err := JUnit(&b, c.s.load(t)); err != nil {
			t.Fatal(err)
		}
		var suite junitSuite
		if err := xml.Unmarshal(b.Bytes(), &suite); err != nil {
			t.Fatal(err)
		}
		if suite.Failures != c.failures || suite.Errors != c.errors || suite.Skipped != c.skipped || suite.Tests != 5 {
			t.Errorf("%d failures, %d errors of %d; want %d, %d of 5\n%s", suite.Failures, suite.Errors, suite.Tests, c.failures, c.errors, b.String())
		}
	}
}

func TestLoadNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(dir string)
		want  string
	}{
		{"no run.json", func(dir string) { remove(t, dir, "run.json") }, "not a run directory"},
		{"no events", func(dir string) { remove(t, dir, "events.jsonl") }, "events.jsonl"},
		{"broken event", func(dir string) {
			_ = os.WriteFile(filepath.Join(dir, "events.jsonl"), []byte("{\n"), 0o644)
		}, "events.jsonl is damaged: line 1"},
		{"broken sample", func(dir string) {
			_ = os.WriteFile(filepath.Join(dir, "probes", "london-dns.csv"), []byte("# {\"flows\":1,\"rate\":1}\nseq,flow,due,sent,received,node\n1,2\n"), 0o644)
		}, "line 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			crashes(1).write(t, dir)
			c.spoil(dir)
			if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
}

// A run that was killed leaves a record that ends anywhere.
func TestCutRecordIsInconclusive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	crashes(2).write(t, dir)
	path := filepath.Join(dir, "events.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndex(text, []byte(`"phase":"end"`))
	if err := os.WriteFile(path, text[:last], 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Result.Trials[1]; got.Status != Doubtful || !strings.Contains(names(got.Findings), "record-cut-short(doubt)") {
		t.Errorf("status %s, findings %s", got.Status, names(got.Findings))
	}
	if r.Result.Trials[0].Status != OK {
		t.Errorf("the first trial is %s, want ok", r.Result.Trials[0].Status)
	}
	if err := r.Write(dir); err != nil {
		t.Error(err)
	}
}

func TestSchemaKnowsEveryField(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"outage_ms", "answered_by", "theory_ms", "ci95", "failback", "misrouted"} {
		if !bytes.Contains(text, []byte(`"`+field+`"`)) {
			t.Errorf("the schema lacks %s", field)
		}
	}
}

func TestVerdictAlone(t *testing.T) {
	var b strings.Builder
	if err := Verdict(&b, &Report{Result: Result{Verdict: Fail}}); err != nil || b.String() != "fail\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
	if err := Table(failing{}, &Report{Result: judge(record.Run{Experiment: crashing(t)}, nil)}); err == nil {
		t.Error("a failed write goes unnoticed")
	}
}

// failing is a writer on a full disk.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// The typical trial's figure gets that trial's samples, no others.
func TestSamplesOfOneTrial(t *testing.T) {
	r := crashes(3).load(t)
	groups, err := r.samples(1)
	if err != nil || len(groups) != 1 {
		t.Fatalf("%d groups, %v", len(groups), err)
	}
	if n := len(groups[0].Samples); n != 760 { // 3.8 s at 200 a second
		t.Errorf("%d samples, want 760", n)
	}
}

func TestFiguresAreListedOnce(t *testing.T) {
	r := crashes(2).load(t)
	for range 2 {
		if err := r.Write(r.Dir); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.Figures) != 8 {
		t.Errorf("figures %q, want four in two formats", r.Figures)
	}
}

func TestInterruptedTrialIsInconclusive(t *testing.T) {
	s := crashes(3)
	s.outcome = "interrupted"
	r := s.load(t)
	if r.Result.Trials[1].Status != OK || r.Result.Trials[2].Status != Doubtful {
		t.Errorf("statuses %s and %s, want only the last one to be inconclusive", r.Result.Trials[1].Status, r.Result.Trials[2].Status)
	}
}

// A run is judged wherever its directory is read: the files that its scenario
// names were there when it ran, and need not be here.
func TestLoadWithoutTheScenariosFiles(t *testing.T) {
	config := filepath.Join(t.TempDir(), "bird-a.conf")
	if err := os.WriteFile(config, []byte("log syslog all;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := crashes(3)
	s.set = []string{"topology.nodes.a.config=" + config, "topology.nodes.a.daemon=bird"}
	dir := filepath.Join(t.TempDir(), "run")
	s.write(t, dir)
	remove(t, config)
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Result.Verdict != Pass {
		t.Errorf("the verdict is %s, want %s", r.Result.Verdict, Pass)
	}
}
