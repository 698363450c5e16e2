//go:build bench

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A lab of 300 nodes comes up, and is gone soon after it was told to end. The
// times are printed: they are this machine's.
func TestCaseOf300Nodes(t *testing.T) {
	before := host(t)
	path := filepath.Join(t.TempDir(), "crowded.yaml")
	if err := os.WriteFile(path, []byte(crowded(298)), 0o644); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r := start(t, path)
	eventually(t, "the probe's first request is on record", func() bool {
		files, _ := filepath.Glob(filepath.Join(r.out, "crowded", "*", "probes", "*.csv"))
		if len(files) == 0 {
			return false
		}
		text, err := os.ReadFile(files[0])
		return err == nil && strings.Count(string(text), "\n") > 2 // what is above the requests
	})
	t.Logf("it was up after %v", time.Since(began))
	told := time.Now()
	takeDown(t, r, before)
	t.Logf("it was gone %v later", time.Since(told))
}
