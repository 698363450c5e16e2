package main

import (
	"errors"
	"os/exec"
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
			out, err := exec.Command("anylab", "run", name, "--trials", "1", "--out", t.TempDir()).CombinedOutput()
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() == exitInconclusive {
				t.Logf("inconclusive:\n%s", out)
				return
			}
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
