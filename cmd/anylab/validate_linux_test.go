package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"anylab/reports"
	"anylab/reports/stats"
)

// TestValidateProvesOneFailure makes the trials of one failure through the command,
// with times that are short enough for a test.
func TestValidateProvesOneFailure(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	t.Parallel()
	dir := t.TempDir()
	out, err := exec.Command("anylab", "validate", "service-crash", "--share", "80%", "--only", "service-crash", "--require", "interruption < 5s",
		"--set", "sustain=100ms", "--set", "settle=100ms", "--set", "services.dns.health.interval=50ms", "--out", dir).CombinedOutput()
	code := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	dirs, err := filepath.Glob(filepath.Join(dir, "service-crash-validation", "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("run directories %v, error %v; want one\n%s", dirs, err, out)
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	v := r.Result.Validation
	if v == nil || len(v.Failures) != 3 {
		t.Fatalf("validation %+v, want the crashes of a, b and c", v)
	}
	doubtful := 0
	for _, trial := range r.Result.Trials {
		if trial.On != "a" || trial.AnsweredBy.Before != "a" {
			t.Errorf("trial %d strikes %s while %s serves, want a", trial.Index+1, trial.On, trial.AnsweredBy.Before)
		}
		if trial.Status != reports.OK {
			doubtful++
		} else if trial.AnsweredBy.After != "b" {
			t.Errorf("trial %d: %s answers after the crash, want b", trial.Index+1, trial.AnsweredBy.After)
		}
	}
	a, b := v.Failures[0], v.Failures[1]
	if b.Not != "nobody uses it" {
		t.Errorf("the crash of b: %+v", b)
	}
	switch {
	case doubtful > 0: // the machine is too busy for a proof
		if a.Answer == stats.Refuted || code == exitFail {
			t.Errorf("doubt refutes: %+v, exit code %d", a, code)
		}
		t.Logf("%d trials are inconclusive", doubtful)
	case a.Answer != stats.Proven || a.Clients[0].Trials != 14 || code != exitPass:
		t.Errorf("%s after %d trials, exit code %d; want proven after 14, 0\n%s", a.Answer, a.Clients[0].Trials, code, out)
	}
}

func TestValidateSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		args string
		want string
	}{
		{"three-sites", "three-sites is a topology, and nothing is invented: say with --services FILE"},
		{"rfc7747", "rfc7747 is a suite, and faults are tried on one network"},
		{"internet-withdraw", "internet-withdraw is a scenario of the Internet, which is simulated"},
		{"service-crash --services x", "--services is for a topology"},
		{"service-crash --json", "--plan measures nothing"},
		{"service-crash --events x", "--plan measures nothing"},
		{"service-crash --plan=false --format csv", "--format is of --plan"},
		{"service-crash --share 100%", "--share 100%: want 50% to 99%"},
		{"service-crash --budget 20", "--budget 20: the duration 20 needs a unit"},
		{"service-crash --allow 11", "--allow 11: want a number from 0 to 10"},
		{"service-crash --only nonsense", "--only nonsense: "},
		{"service-crash --require p95(interruption)<1s", "a requirement about every case: leave out p95()"},
		{"service-crash --require alerted<1s", `"alerted<1s" can't be observed: alerted is what a Prometheus in the lab sees, which needs monitoring`},
		{"service-crash --require tcp_reset==0", `needs a probe of kind http-stream or tcp-stream`},
		{"service-crash --require best_path(upstream)==a", "is about a place"},
		{"service-crash --require interruption(paris)<1s", `unknown client "paris"`},
		{"service-crash --require drian:lost==0", `unknown kind of fault "drian"`},
	} {
		var out, errs strings.Builder
		code := execute(append([]string{"validate", "--plan"}, strings.Fields(c.args)...), strings.NewReader(""), &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), c.want) {
			t.Errorf("validate %s: exit code %d, %q; want %q", c.args, code, errs.String(), c.want)
		}
	}
}

// The plan needs no lab, and says why what can't help is not tried.
func TestValidatePlan(t *testing.T) {
	for args, wants := range map[string][]string{
		"service-crash --share 80%": {"the service of a crashes (or of b, c, whoever serves)", "2 or more: theory has it violated", "lost == 0",
			"without it london can't reach any site"},
		"dual-upstream --services testdata/services.yaml": {"east loses power", "the link east-west falls silent towards west", "29"},
		"service-crash --share 80% --all --labs 3":        {"in 3 labs side by side"},
		"no-health-check": {"no health check is stated"},
		"service-crash --require drain:interruption<50ms": {"interruption<50ms"},
	} {
		var out, errs strings.Builder
		if code := execute(append([]string{"validate", "--plan"}, strings.Fields(args)...), strings.NewReader(""), &out, &errs); code != exitPass {
			t.Fatalf("validate %s: exit code %d, %s", args, code, errs.String())
		}
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("validate %s lacks %q:\n%s", args, want, out.String())
			}
		}
	}
}
