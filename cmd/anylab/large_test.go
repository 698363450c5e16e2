//go:build bench

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A lab of hundreds of nodes comes up, and is gone soon after it was told to end. The
// times are printed: they are this machine's.
func TestCaseOfManyNodes(t *testing.T) {
	for _, nodes := range []int{300, 600} {
		comesAndGoes(t, nodes)
	}
}

func comesAndGoes(t *testing.T, nodes int) {
	t.Helper()
	before := host(t)
	path := filepath.Join(t.TempDir(), "crowded.yaml")
	if err := os.WriteFile(path, []byte(crowded(nodes-2)), 0o644); err != nil {
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
	t.Logf("%d nodes were up after %v", nodes, time.Since(began))
	told := time.Now()
	takeDown(t, r, before)
	took := time.Since(told)
	if t.Logf("they were gone %v later", took); took > 5*time.Second {
		t.Errorf("%d nodes were gone after %v", nodes, took)
	}
}
