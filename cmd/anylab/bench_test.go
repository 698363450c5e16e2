package main

import (
	"bytes"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports"
)

// BenchmarkScenario carries shipped scenarios out with the binary that "make
// build" leaves at the top of the tree, and prints what users of the lab saw.
// The figures are whole runs: -benchtime 1x is enough.
func BenchmarkScenario(b *testing.B) {
	for _, c := range []struct {
		name   string
		trials int
	}{
		{"no-fault", 20},
		{"link-down", 10},
		{"service-crash-process-watch", 10},
		{"service-crash", 10},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				measure(b, c.name, c.trials)
			}
		})
	}
}

// BenchmarkSimulation carries 1,000 trials out in virtual time: what a user waits for,
// and how much is left on the disk.
func BenchmarkSimulation(b *testing.B) {
	for b.Loop() {
		out := b.TempDir()
		run := exec.Command(filepath.Join("..", "..", "anylab"), "run", "service-crash", "--simulate", "--trials", "1000", "--seed", "1", "--out", out, "--quiet")
		started := time.Now()
		if text, err := run.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, text)
		}
		b.ReportMetric(time.Since(started).Seconds(), "s-wall")
		b.ReportMetric(float64(onDisk(b, out))/1e6, "MB")
	}
}

func onDisk(b *testing.B, dir string) (bytes int64) {
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		bytes += info.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}

func measure(b *testing.B, scenario string, trials int) {
	out := b.TempDir()
	run := exec.Command(filepath.Join("..", "..", "anylab"), "run", scenario, "--trials", strconv.Itoa(trials), "--out", out, "--quiet")
	var stderr bytes.Buffer
	run.Stderr = &stderr
	started := time.Now()
	err := run.Run()
	wall := time.Since(started)
	if code := run.ProcessState.ExitCode(); code != exitPass && code != exitFail && code != exitInconclusive {
		b.Fatalf("%v: %s", err, stderr.String())
	}
	dirs, err := filepath.Glob(filepath.Join(out, scenario, "*"))
	if err != nil || len(dirs) != 1 {
		b.Fatalf("run directories %v, error %v; want one", dirs, err)
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		b.Fatal(err)
	}
	reportFigures(b, r)
	b.ReportMetric(ready(b, dirs[0]).Seconds(), "s-until-ready")
	b.ReportMetric(wall.Seconds(), "s-wall")
	b.ReportMetric(0, "ns/op")
}

func reportFigures(b *testing.B, r *reports.Report) {
	conclusive, outside := 0, 0
	for _, t := range r.Result.Trials {
		if t.Status == "ok" {
			conclusive++
		}
		if t.Theory != nil && t.Status == "ok" && float64(t.Outage.Value) > t.Theory.High+5 {
			outside++
		}
	}
	b.ReportMetric(float64(conclusive), "conclusive-trials")
	b.ReportMetric(float64(outside), "trials-over-theory+5ms")
	for _, s := range r.Result.Summary {
		if s.Metric == "outage" {
			b.ReportMetric(float64(s.Median), "ms-median-outage")
			b.ReportMetric(float64(s.Max), "ms-max-outage")
		}
	}
}

// ready returns the time from the lab's first event until the first trial
// could begin: all sessions established and every client served, without loss
// for half a second.
func ready(b *testing.B, dir string) time.Duration {
	first := record.Time(0)
	for e, err := range record.Events(dir) {
		if err != nil {
			b.Fatal(err)
		}
		if first == 0 {
			first = e.At
		}
		if _, ok := e.Data.(record.Trial); ok {
			return e.At.Sub(first)
		}
	}
	b.Fatal("no trial began")
	return 0
}
