package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"anylab/reports"
	"anylab/reports/stats"
)

// quickRows are three failures that are over soon, and what is asked of them.
var quickRows = []string{"validate", "service-crash", "--share", "60%", "--confidence", "60%", "--only", "service-crash", "--only", "is drained", "--only", "of a dies",
	"--require", "interruption < 5s", "--set", "sustain=100ms", "--set", "settle=100ms", "--set", "services.dns.health.interval=50ms", "--labs", "2"}

// Two labs side by side come to the answers that one would: each row is tried by one
// of them, against the site that serves, as often as it takes.
func TestLabsSideBySide(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	dir := t.TempDir()
	out, err := exec.Command("anylab", append(quickRows, "--out", dir)...).CombinedOutput()
	dirs, _ := filepath.Glob(filepath.Join(dir, "service-crash-validation", "*")) // fails for a bad pattern only
	if len(dirs) != 1 {
		t.Fatalf("run directories %v, error %v; want one\n%s", dirs, err, out)
	}
	r, lerr := reports.Load(dirs[0])
	if lerr != nil {
		t.Fatalf("%v\n%s", lerr, out)
	}
	by := map[string][]string{} // the labs that tried a failure
	doubtful := 0
	for _, trial := range r.Result.Trials {
		row := trial.Cell["label"]
		if !slices.Contains(by[row], trial.Part) {
			by[row] = append(by[row], trial.Part)
		}
		if trial.Status == reports.Doubtful || len(trial.Doubts) > 0 {
			doubtful++
		}
	}
	var labs []string
	for row, list := range by {
		if len(list) != 1 {
			t.Errorf("%s was tried by %v", row, list)
		}
		labs = append(labs, list...)
	}
	slices.Sort(labs)
	if got := slices.Compact(labs); !slices.Equal(got, []string{"lab-1", "lab-2"}) || len(by) < 2 {
		t.Errorf("%v made the trials of %d rows\n%s", got, len(by), out)
	}
	for _, f := range r.Result.Validation.Failures {
		if f.Answer == stats.Refuted || f.Answer == stats.Undecided && doubtful == 0 {
			t.Errorf("%s is %s: %+v", f.Failure, f.Answer, f.Clients)
		}
	}
	if (err == nil) != (r.Result.Verdict == reports.Pass) {
		t.Errorf("exit %v, verdict %v", err, r.Result.Verdict)
	}
	for _, want := range []string{"lab-1: trial 1: ", "lab-2: trial 1: ", "== Parts"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}

func TestLabsThatCannotBe(t *testing.T) {
	for args, want := range map[string]string{
		"service-crash --labs -1":                "--labs -1: want a number",
		"- --labs 2":                             "standard input can be read only once",
		"service-crash --labs 2 --events x":      "--events and --metrics follow one record",
		"service-crash --labs 2 --metrics :9101": "--events and --metrics follow one record",
		"service-crash --lab 1/2":                "--lab and --into",
	} {
		var errs strings.Builder
		if code := execute(append([]string{"validate"}, strings.Fields(args)...), strings.NewReader(""), io.Discard, &errs); code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("validate %s: exit code %d, %q; want %q", args, code, errs.String(), want)
		}
	}
}

// Killed, whoever started the labs takes all of them along, and what they recorded
// can be read.
func TestLabsDieWithWhoeverStartedThem(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	r := &started{out: t.TempDir(), mark: "ANYLAB_TEST_MARK=labs"}
	r.Cmd = exec.Command("anylab", append(quickRows, "--out", r.out, "--env", "ANYLAB_TEST_MARK")...)
	r.Env = append(os.Environ(), r.mark)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	built := func() bool { // both labs have a record
		parts, _ := filepath.Glob(filepath.Join(r.out, "*", "*", "parts", "*", "events.jsonl"))
		return len(parts) == 2
	}
	for !built() && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	if err := r.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = r.Wait() // it was killed
	for len(r.processes()) > 0 && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	if left := r.processes(); len(left) > 0 || !built() {
		t.Fatalf("labs were up: %v, processes left: %v", built(), left)
	}
	dirs, _ := filepath.Glob(filepath.Join(r.out, "*", "*"))
	if whole, err := reports.Load(dirs[0]); err != nil || whole.Result.Verdict != reports.Inconclusive {
		t.Errorf("what is left: %v", err)
	}
}
