package main

import (
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/reports"
)

// BenchmarkSweep makes the trials of timers in one run, then in eight shards on a Slurm of
// two nodes, and on one node of two processors, where they come one after the other. It
// says how long each took, and holds the merged runs against the one: the same trials, and
// no cell slower. With -short there are two trials of what is soon over. The runs are left
// in out/bench/sweep.
func BenchmarkSweep(b *testing.B) {
	labtest.Require(b, "slurmctld")
	out, err := filepath.Abs(filepath.Join("..", "..", "out", "bench", "sweep", record.ID(time.Now())))
	if err != nil {
		b.Fatal(err)
	}
	scenario := []string{"timers", "--seed", "7", "--quiet"}
	if testing.Short() {
		scenario = append(scenario, "--set", "trials=2")
	}
	shards := append([]string{"sweep", "--shards", "8", "--submit", "--wait"}, scenario...)
	s := openCluster(b)
	var whole swept
	for _, c := range []struct {
		name string
		args []string
	}{
		{"whole", append([]string{"run"}, scenario...)},
		{"two-nodes", shards},
		{"one-node", append(shards, "--sbatch=--nodelist=n1")},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				made := s.carryOut(b, filepath.Join(out, c.name), c.args)
				b.ReportMetric(made.wall.Seconds(), "s-wall")
				if c.name == "whole" {
					whole = made
				} else if whole.dir != "" {
					b.ReportMetric(100*(made.wall.Seconds()/whole.wall.Seconds()-1), "%-more")
					whole.sameTrials(b, made)
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// swept is a run, whole or merged, and how long the user waited for it.
type swept struct {
	dir  string
	wall time.Duration
}

// carryOut waits for what anylab makes below a directory.
func (s *cluster) carryOut(b *testing.B, out string, args []string) swept {
	b.Helper()
	cmd := exec.Command("anylab", append(args, "--out", out)...)
	cmd.Env = s.env()
	began := time.Now()
	said, err := cmd.CombinedOutput()
	wall := time.Since(began)
	code := cmd.ProcessState.ExitCode()
	dir, found := record.Newest(out)
	if !found || code != exitPass && code != exitInconclusive { // of a busy machine
		b.Fatalf("anylab %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	if r, err := record.ReadRun(dir); err != nil || r.Outcome != "completed" {
		b.Skipf("it ended early (%s), as on a machine that is too busy: %v\n%s", r.Outcome, err, said)
	}
	b.Logf("%s in %s, exit code %d: %s", strings.Join(cmd.Args, " "), wall.Round(time.Second), code, dir)
	return swept{dir, wall}
}

// sameTrials says what of a merged run is not as in the one that was not divided.
func (w swept) sameTrials(b *testing.B, merged swept) {
	b.Helper()
	if one, other := w.trials(b), merged.trials(b); !maps.Equal(one, other) {
		b.Errorf("the run has the trials %v, the shards %v", one, other)
	}
	compared := exec.Command("anylab", "compare", w.dir, merged.dir, "--metric", "outage")
	said, err := compared.CombinedOutput()
	b.Logf("%s\n%s", strings.Join(compared.Args, " "), said)
	if code := compared.ProcessState.ExitCode(); !slices.Contains([]int{exitPass, exitInconclusive}, code) {
		b.Errorf("the shards' cells are not as the run's: %v", err)
	}
}

// trials counts those of each cell.
func (w swept) trials(b *testing.B) map[string]int {
	b.Helper()
	r, err := reports.Load(w.dir)
	if err != nil {
		b.Fatal(err)
	}
	made := map[string]int{}
	for _, t := range r.Result.Trials {
		made[record.CellName(t.Cell)]++
	}
	return made
}
