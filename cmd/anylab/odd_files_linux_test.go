package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// oddFiles are what stands where a file or a run directory is expected, and how it
// gets there. A reader of some would wait for ever.
var oddFiles = map[string]func(path string) error{
	"a pipe":               func(path string) error { return unix.Mkfifo(path, 0o600) },
	"a socket":             func(path string) error { _, err := net.Listen("unix", path); return err },
	"a device without end": func(path string) error { return os.Symlink("/dev/zero", path) },
	"a file of the kernel": func(path string) error { return os.Symlink("/proc/kmsg", path) },
	"a link to itself":     func(path string) error { return os.Symlink(path, path) },
	"a link to nothing":    func(path string) error { return os.Symlink(path+".none", path) },
	"an empty file":        func(path string) error { return os.WriteFile(path, nil, 0o600) },
	"an empty directory":   func(path string) error { return os.Mkdir(path, 0o700) },
	"a file beyond limits": func(path string) error { return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 17<<20)) },
}

// fileArguments are the places where commands take a file: the last argument.
var fileArguments = []string{
	"check", "run --quiet", "validate --plan", "validate three-sites --plan --services", "graph", "show --expand",
	"report", "plot", "trend", "compare base", "baseline check base", "baseline save base",
}

// Whatever stands where a file is expected, a command says so, soon.
func TestOddFiles(t *testing.T) {
	for what, put := range oddFiles {
		path := filepath.Join(t.TempDir(), "odd.yaml")
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		for _, command := range fileArguments {
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			run := exec.CommandContext(ctx, "anylab", append(strings.Fields(command), path)...)
			said, _ := run.CombinedOutput()
			if late := ctx.Err(); late != nil || run.ProcessState.ExitCode() != exitUsage || !strings.Contains(string(said), "odd.yaml") && !strings.Contains(string(said), "base") {
				t.Errorf("anylab %s of %s: %v: %s", command, what, late, said)
			}
			stop()
		}
	}
}
