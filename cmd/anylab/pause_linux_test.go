package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// A run stops while the fault is in effect, somebody looks, and it goes on; its only
// trial doesn't count. The lab is kept, until somebody takes it down.
func TestAPausedRun(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	c := v.command("run", "service-crash", "--trials", "1", "--pause-on", "fault", "--keep", "--out", filepath.Join(v.out, "runs"))
	said, err := os.Create(filepath.Join(v.out, "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	tty, far, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	defer far.Close()
	c.Stdin, c.Stdout, c.Stderr = far, said, said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	says := func(what string) {
		t.Helper()
		eventually(t, "the run says "+what, func() bool {
			text, err := os.ReadFile(said.Name())
			return err == nil && strings.Contains(string(text), what)
		})
	}
	says("goes on")
	v.tells([]string{"a\n"}, "exec", "a", "--", "hostname")
	v.tells([]string{"stopped at the fault"}, "ps")
	if _, err := tty.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	says("takes it down")
	says("paused")
	v.tells([]string{"b\n"}, "exec", "b", "--", "hostname")
	v.does(exitPass, "down")
	if _ = c.Wait(); c.ProcessState.ExitCode() != exitInconclusive {
		text, _ := os.ReadFile(said.Name())
		t.Errorf("exit code %d, want %d: %s", c.ProcessState.ExitCode(), exitInconclusive, text)
	}
}
