package record

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A run that was killed tells nothing of the logs that it had cut: they do.
func TestLogsThatWereCutAreFound(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		middle string
		size   int64
	}{
		"a/hole.log":   {"", 9_000_000_000},
		"a/closed.log": {LogGap, 2*LogEnd + int64(len(LogGap))},
		"a/known.log":  {"", 9_000_000_000},
		"b/whole.log":  {"text that a program printed", 2 * LogEnd},
		"b/short.log":  {"", LogEnd},
	} {
		path := filepath.Join(dir, "logs", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err == nil {
			_, err = f.WriteAt([]byte(c.middle), LogEnd)
		}
		if err == nil {
			err = f.Truncate(c.size)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	known := CutLog{Log: "a/known.log", Written: 7, Kept: 5}
	run := Run{CutLogs: []CutLog{known}}
	run.FindCutLogs(dir)
	want := []CutLog{known, {Log: "a/closed.log", Kept: 2*LogEnd + int64(len(LogGap))}, {Log: "a/hole.log", Written: 9_000_000_000, Kept: 2 * LogEnd}}
	if diff := cmp.Diff(want, run.CutLogs); diff != "" {
		t.Error(diff)
	}
	run = Run{}
	if run.FindCutLogs(t.TempDir()); len(run.CutLogs) > 0 {
		t.Errorf("in a record without logs: %v", run.CutLogs)
	}
}
