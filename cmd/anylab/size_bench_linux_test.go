package main

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"anylab/reports"
)

// The most that a run of ten trials may come to, and that its report may take.
const (
	maxRecord = 20 << 20 // bytes of events and probes
	maxReport = 2 * time.Second
	maxMemory = 200 << 20
)

// BenchmarkReport carries out ten trials with the binary that "make build"
// leaves at the top of the tree, and says how large their record is, how long
// a report on it takes, how much memory that needs, and how much of the trials'
// time was overhead.
func BenchmarkReport(b *testing.B) {
	for b.Loop() {
		out := b.TempDir()
		anylab := filepath.Join("..", "..", "anylab")
		made := exec.Command(anylab, "run", "service-crash", "--trials", "10", "--out", out, "--quiet")
		if text, err := made.CombinedOutput(); made.ProcessState.ExitCode() != exitPass && made.ProcessState.ExitCode() != exitInconclusive {
			b.Fatalf("%v: %s", err, text)
		}
		dirs, err := filepath.Glob(filepath.Join(out, "service-crash", "*"))
		if err != nil || len(dirs) != 1 {
			b.Fatalf("run directories %v, error %v; want one", dirs, err)
		}
		record := size(b, filepath.Join(dirs[0], "events.jsonl")) + size(b, filepath.Join(dirs[0], "probes"))
		took, memory := reportOn(b, anylab, dirs[0])
		r, err := reports.Load(dirs[0])
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(record)/(1<<20), "MB-record")
		b.ReportMetric(took.Seconds(), "s-report")
		b.ReportMetric(float64(memory)/(1<<20), "MB-report-memory")
		if t := r.Result.Run.Time; t != nil {
			b.ReportMetric(100*float64(t.Trials.Overhead), "%-overhead")
		}
		if record > maxRecord || took > maxReport || memory > maxMemory {
			b.Errorf("%d bytes of record, a report in %v with %d bytes of memory: more than %d, %v, %d", record, took, memory, maxRecord, maxReport, maxMemory)
		}
	}
}

// reportOn makes the report and returns how long it took and the most memory
// that was resident.
func reportOn(b *testing.B, anylab, dir string) (time.Duration, int64) {
	report := exec.Command(anylab, "report", dir, "--quiet")
	began := time.Now()
	text, err := report.CombinedOutput()
	took := time.Since(began)
	if code := report.ProcessState.ExitCode(); code != exitPass && code != exitFail && code != exitInconclusive {
		b.Fatalf("%v: %s", err, text)
	}
	usage, ok := report.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("no resource usage")
	}
	return took, usage.Maxrss << 10 // Linux counts in kilobytes, getrusage(2)
}

// size adds up the files below a path.
func size(b *testing.B, path string) (sum int64) {
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		info, err := d.Info()
		sum += info.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return sum
}
