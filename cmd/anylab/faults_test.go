package main

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"anylab/lab/fault"
)

// TestEveryFaultOnce runs the scenario that each fault gives its name to, with
// one trial. What the machine is too busy to tell is no failure.
func TestEveryFaultOnce(t *testing.T) {
	if testing.Short() || !able() {
		t.Skip("this machine cannot build labs (see anylab doctor), or the tests are to be short")
	}
	for _, name := range fault.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, code := runFault(t, name, 1)
			if code == exitFail {
				// One trial of a random process is no verdict: a real
				// failure shows in three more as well.
				t.Logf("failed with one trial:\n%s", out)
				out, code = runFault(t, name, 3)
			}
			if code != exitPass && code != exitInconclusive {
				t.Errorf("exit code %d\n%s", code, out)
			}
		})
	}
}

func runFault(t *testing.T, name string, trials int) (out []byte, code int) {
	t.Helper()
	run := exec.Command("anylab", "run", name, "--trials", strconv.Itoa(trials), "--out", t.TempDir())
	out, err := run.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out, run.ProcessState.ExitCode()
}
