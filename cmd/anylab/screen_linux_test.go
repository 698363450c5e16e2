package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// onTerminal starts a run on a terminal of 60 columns and returns it, with what it
// writes there: the reader has ended once its channel has.
func onTerminal(t *testing.T, env ...string) (*exec.Cmd, *os.File, <-chan string) {
	t.Helper()
	if !able() {
		t.Skip("this machine cannot build labs: see anylab doctor")
	}
	c := exec.Command("anylab", "run", "no-fault", "--trials", "1", "--out", t.TempDir())
	c.Env = append(os.Environ(), append(env, "TERM=xterm")...)
	tty, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 60})
	if err != nil {
		t.Fatal(err)
	}
	whole := make(chan string, 1)
	go func() {
		var b bytes.Buffer
		_, _ = io.Copy(&b, tty) // EIO once nobody has the other end
		whole <- b.String()
	}()
	return c, tty, whole
}

// modes are what a terminal would have to be restored from.
var modes = regexp.MustCompile(`\x1b\[\?|\x1b[=>(]`)

// frames splits what was written at the ends of what was drawn.
func frames(text string) []string { return strings.Split(text, "\x1b[J") }

// TestATerminalSeesTheRunAndIsLeftAsItWas: who answers is drawn within the width,
// without colours where none are wanted, and what was drawn is gone in the end.
func TestATerminalSeesTheRunAndIsLeftAsItWas(t *testing.T) {
	t.Parallel()
	c, _, whole := onTerminal(t, "NO_COLOR=1")
	var exit *exec.ExitError
	if err := c.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	text := <-whole
	drawn := frames(text)
	if !strings.Contains(text, "london dns  ") || len(drawn) < 5 {
		t.Fatalf("%d frames:\n%q", len(drawn), text)
	}
	if modes.MatchString(text) || strings.Contains(text, "\x1b[0m") {
		t.Errorf("modes or colours are changed:\n%q", text)
	}
	for _, frame := range drawn[1 : len(drawn)-1] {
		for line := range strings.SplitSeq(frame, "\r\n") {
			if line = strings.TrimSuffix(line, "\x1b[K"); len([]rune(line)) > 60+len("\r\x1b[99A") {
				t.Errorf("too wide: %q", line)
			}
		}
	}
	if last := drawn[len(drawn)-1]; !strings.Contains(last, "no-fault on") || strings.Contains(last, "london dns  ") {
		t.Errorf("after the last frame:\n%q", last)
	}
}

// TestNarrowedLinesAreTakenAway: a terminal that became narrower has broken them.
func TestNarrowedLinesAreTakenAway(t *testing.T) {
	s := &screen{drawn: []int{60, 10, 41}}
	for width, want := range map[int]string{80: "\r\x1b[2A", 40: "\r\x1b[4A", 20: "\r\x1b[6A"} {
		if got := s.home(width); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

// TestAKilledRunLeavesTheTerminal: neither modes nor the cursor were touched.
func TestAKilledRunLeavesTheTerminal(t *testing.T) {
	t.Parallel()
	c, tty, whole := onTerminal(t)
	time.AfterFunc(3*time.Second, func() { _ = c.Process.Signal(syscall.SIGKILL) }) // whatever it is at
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	if after, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS); err != nil || *after != *before {
		t.Errorf("%v became %v: %v", before, after, err)
	}
	tty.Close()
	if text := <-whole; modes.MatchString(text) {
		t.Errorf("modes are changed:\n%q", text)
	}
}
