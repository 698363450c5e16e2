package reports

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What is compared, drawn over time or saved as a baseline is read from regular
// files: nobody may ever write to a pipe.
func TestSamplesAreNotReadFromPipes(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "result.json")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	done := make(chan error, 2)
	go func() {
		_, err := ReadSamples(dir, Load)
		done <- err
		_, err = History([]string{dir}, Load)
		done <- err
	}()
	for range 2 {
		select {
		case err := <-done:
			if err == nil || !strings.Contains(err.Error(), path+" is not a regular file") {
				t.Errorf("%v, want that %s is not a regular file", err, path)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("still waiting")
		}
	}
}
