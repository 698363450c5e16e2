package record

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A pipe that nobody writes to is refused, not waited for.
func TestPipesAreRefused(t *testing.T) {
	for _, file := range []string{"run.json", "suite.json", "events.jsonl", "probes/g.csv"} {
		path := t.TempDir()
		if err := os.MkdirAll(filepath.Join(path, "probes"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(path, file), 0o600); err != nil {
			t.Skip("no pipes here:", err)
		}
		done := make(chan error, 1)
		go func() { done <- read(path, file) }()
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), filepath.Join(path, file)+" is not a regular file") {
				t.Errorf("%s: %v, want that it is not a regular file", file, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: still waiting", file)
		}
	}
}
