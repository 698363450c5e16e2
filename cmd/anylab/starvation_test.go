package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"anylab/reports"
)

// BenchmarkStarvation measures silences whose length is known while two
// programs for each processor do nothing but burn it. Whatever is said of a
// silence must be true: it is within the stated bounds, or inconclusive. It
// uses the binary that "make build" leaves at the top of the tree:
//
//	go test -run '^$' -bench Starvation -benchtime 1x ./cmd/anylab
func BenchmarkStarvation(b *testing.B) {
	for b.Loop() {
		burn(b, 2*runtime.NumCPU())
		c := calibrateOnce(b, 40)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(len(c.Silences)), "silences")
		b.ReportMetric(float64(len(c.Silences)-c.Doubtful-c.Outside), "ok-and-within-bounds")
		b.ReportMetric(float64(c.Doubtful), "inconclusive")
		b.ReportMetric(float64(c.Outside), "wrong")
		b.ReportMetric(float64(c.ErrorMS.Max), "ms-max-error")
		b.ReportMetric(float64(c.ErrorMS.Bound), "ms-error-allowed")
		for _, s := range c.Silences {
			if s.Status != reports.Doubtful && !s.Within {
				b.Errorf("a silence of %v ms (%v) is said to be %+v", s.AskedMS, s.True, s.Measured)
			}
		}
	}
}

// burn starts programs that burn a processor each until the test ends, or for
// five minutes.
func burn(b *testing.B, n int) {
	for range n {
		hog := exec.Command("timeout", "300", "sh", "-c", "while :; do :; done")
		if err := hog.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			_ = hog.Process.Signal(os.Interrupt) // timeout passes it on; it may have ended already
			_ = hog.Wait()
		})
	}
}

// calibrateOnce runs the whole calibration and returns what came of it.
func calibrateOnce(b *testing.B, each int) *reports.Calibration {
	out := b.TempDir()
	run := exec.Command(filepath.Join("..", "..", "anylab"), "calibrate", "--each", strconv.Itoa(each), "--out", out)
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	err := run.Run()
	if code := run.ProcessState.ExitCode(); code != exitPass && code != exitInconclusive {
		b.Fatalf("%v: %s", err, said.String())
	}
	b.Logf("\n%s", said.String())
	dirs, err := filepath.Glob(filepath.Join(out, "no-fault", "*"))
	if err != nil || len(dirs) != 1 {
		b.Fatalf("run directories %v, error %v; want one", dirs, err)
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		b.Fatal(err)
	}
	if r.Result.Calibration == nil {
		b.Fatalf("no calibration: %s", said.String())
	}
	return r.Result.Calibration
}
