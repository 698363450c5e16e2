package main

import (
	"bytes"
	"os/exec"
	"syscall"
	"testing"
)

// Who quits a command that waits sees no trace of Go's.
func TestQuitIsPlain(t *testing.T) {
	var stderr bytes.Buffer
	c := exec.Command("anylab", "check", "-")
	c.Stderr = &stderr
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	// It reads once its main has begun: a pipe has room for less.
	if _, err := in.Write(bytes.Repeat([]byte("# wait\n"), 1<<15)); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was quit
	status, ok := c.ProcessState.Sys().(syscall.WaitStatus)
	ended := ok && (status.Signaled() && status.Signal() == syscall.SIGTERM || status.ExitStatus() == 128+int(syscall.SIGTERM))
	if !ended || stderr.Len() > 0 { // in the sandbox it was, or before
		t.Errorf("%v: %s", c.ProcessState, &stderr)
	}
}
