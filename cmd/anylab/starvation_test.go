package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
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
		stop := burn(b, 2*runtime.NumCPU())
		c := calibrateOnce(b, 40)
		stop()
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

// BenchmarkVerdictsUnderLoad judges runs of service-crash, each of five trials,
// while 0, 1, 2 or 4 programs do nothing but burn a processor. A check each
// 100 ms, of which two must fail, makes outages of 100 to 200 ms and a little, nearly
// all of which is detection, so of every expectation it is known whether it holds, and
// by which margin. No verdict may be wrong; the share of those that can be told is
// what is measured. An iteration is a run with twelve verdicts, of half a minute on a
// machine that does nothing else; nine are 108 verdicts for each number of programs:
//
//	go test -run '^$' -bench VerdictsUnderLoad -benchtime 9x -timeout 1h ./cmd/anylab
//	go test -run '^$' -bench VerdictsUnderLoad/hogs=2 -benchtime 1x ./cmd/anylab
func BenchmarkVerdictsUnderLoad(b *testing.B) {
	for _, hogs := range []int{0, 1, 2, 4} {
		b.Run(fmt.Sprintf("hogs=%d", hogs), func(b *testing.B) {
			told, wrong, all := map[float64]int{}, map[float64]int{}, 0
			for b.Loop() {
				stop := burn(b, hogs)
				verdicts, trusted := judgeOnce(b)
				stop()
				all++
				for _, v := range verdicts {
					margin, holds := truthOf(v.Expect)
					if !trusted || v.Decides != "" {
						continue
					}
					told[margin]++
					if v.OK != holds {
						wrong[margin]++
						b.Errorf("%s: %s is said to be %v", v.Expect, v.Value, v.OK)
					}
				}
			}
			b.ReportMetric(0, "ns/op")
			for _, m := range margins { // two expectations each of a metric
				b.ReportMetric(50*float64(told[m])/float64(all*len(foretold)), fmt.Sprintf("%%-told-at-%vx", m))
				b.ReportMetric(float64(wrong[m]), fmt.Sprintf("wrong-at-%vx", m))
			}
		})
	}
}

// margins are how far the limits are from the outages that there are.
var margins = []float64{1.2, 2, 10}

// foretold are metrics of which it is known that they are 100 to 205 ms.
var foretold = []string{"outage", "detection"}

// limits are what is expected of them in milliseconds: twice for each
// margin, once so that it holds and once so that it does not.
func limits() (expect []string, margin map[string]float64, holds map[string]bool) {
	margin, holds = map[string]float64{}, map[string]bool{}
	for _, metric := range foretold {
		for _, m := range margins {
			above, below := fmt.Sprintf("max(%s) < %.0fms", metric, 205*m), fmt.Sprintf("median(%s) < %.0fms", metric, 100/m)
			expect = append(expect, above, below)
			margin[above], margin[below], holds[above] = m, m, true
		}
	}
	return expect, margin, holds
}

func truthOf(expect string) (margin float64, holds bool) {
	_, far, held := limits()
	return far[expect], held[expect]
}

// judgeOnce makes a run and returns its verdicts, and whether any can be trusted.
func judgeOnce(b *testing.B) (verdicts []reports.Judgement, trusted bool) {
	out := b.TempDir()
	expect, _, _ := limits()
	run := exec.Command(filepath.Join("..", "..", "anylab"), "run", "service-crash", "--trials", "5", "--out", out,
		"--set", "faults.0.for=2s", "--set", "sustain=500ms",
		"--set", "expect=["+strings.Join(expect, ", ")+"]")
	text, err := run.CombinedOutput()
	if code := run.ProcessState.ExitCode(); code != exitPass && code != exitFail && code != exitInconclusive {
		b.Fatalf("%v: %s", err, text)
	}
	dirs, err := filepath.Glob(filepath.Join(out, "service-crash", "*"))
	if err != nil || len(dirs) != 1 {
		b.Fatalf("run directories %v, error %v; want one", dirs, err)
	}
	r, err := reports.Load(dirs[0])
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("\n%s", text)
	doubt := func(f reports.Finding) bool { return f.Severity == reports.Doubt }
	return r.Result.Verdicts, !slices.ContainsFunc(r.Result.Findings, doubt)
}

// burn starts programs that burn a processor each until they are stopped, or for
// five minutes.
func burn(b *testing.B, n int) (stop func()) {
	var hogs []*exec.Cmd
	for range n {
		hog := exec.Command("timeout", "300", "sh", "-c", "while :; do :; done")
		if err := hog.Start(); err != nil {
			b.Fatal(err)
		}
		hogs = append(hogs, hog)
	}
	stop = func() {
		for _, hog := range hogs {
			_ = hog.Process.Signal(os.Interrupt) // timeout passes it on; it may have ended already
			_ = hog.Wait()
		}
		hogs = nil
	}
	b.Cleanup(stop)
	return stop
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
