package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/figure"
)

// BenchmarkScale carries one crash out in stars and leaf-spines of 10 to 1,000 nodes
// with embedded speakers, and says how long it takes until every client is answered,
// what a speaker needs of memory, how long users were cut off, and what the harness
// added. It leaves a figure of them in out/bench.
func BenchmarkScale(b *testing.B) {
	grown := map[string][]figure.Size{}
	for _, kind := range []string{"star", "leaf-spine"} {
		for _, nodes := range []int{10, 30, 100, 300, 1000} {
			b.Run(fmt.Sprintf("%s/%d", kind, nodes), func(b *testing.B) {
				for b.Loop() {
					if s, ok := scale(b, kind, nodes); ok {
						grown[kind] = append(grown[kind], s)
					}
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
	if len(grown) == 0 {
		return // other sizes were asked for
	}
	dir := filepath.Join("..", "..", "out", "bench")
	if _, err := labGrowth.Save(dir, machine(), grown); err != nil {
		b.Error(err)
	}
}

// labGrowth is what grows with a lab, in the order of its sizes' costs.
var labGrowth = figure.Growth{File: "growth", Title: "what a lab needs as it grows", Along: "nodes",
	Costs: []figure.Cost{{Label: "answered after, s"}, {Label: "memory of a speaker, MB"}, {Label: "a crash cuts off for, ms"}}}

// machine says how busy it was: what was measured depends on it.
func machine() string {
	load, _ := os.ReadFile("/proc/loadavg")
	return "load average " + strings.Join(strings.Fields(string(load))[:2], ", ")
}

const generatedScenario = `name: scale
topology:
  name: scale
  generate: {kind: %s, sites: %d}
  bgp: {hold: 90s, keepalive: 30s}
  anycast: 192.0.2.100/32
services:
  - {name: dns, kind: dns, health: {kind: dns, interval: 1s, fall: 2}}
probes:
  - {from: c1, service: dns, rate: 200/s, flows: 4}
faults:
  - {kind: service-crash, on: serving(c1)}
limit: 10s
trials: 1
`

// scale makes the run; ok is false where the lab gave out.
func scale(b *testing.B, kind string, nodes int) (figure.Size, bool) {
	sites := nodes - 2
	if kind == "leaf-spine" {
		sites = (nodes - 3) / 2
	}
	out := b.TempDir()
	path := filepath.Join(out, "scale.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, generatedScenario, kind, sites), 0o600); err != nil {
		b.Fatal(err)
	}
	began := record.Now()
	dir, said, used := watched(b, out, path)
	s := figure.Size{Of: nodes, Costs: []float64{0, used.speaker, 0}}
	answered, ok := firstAnswer(b, dir)
	if !ok {
		b.Logf("%d nodes: nobody was answered: %s", nodes, said)
		return s, false
	}
	s.Costs[0] = answered.Sub(began).Seconds()
	b.ReportMetric(s.Costs[0], "s-until-answered")
	b.ReportMetric(s.Costs[1], "MB-a-speaker")
	reportTrial(b, dir, &s)
	return s, true
}

// watched carries a scenario out below a directory, whatever its verdict, and returns the
// run's own directory, what it said, and the most memory that its processes had.
func watched(b *testing.B, out string, args ...string) (dir, said string, most memory) {
	b.Helper()
	run := exec.Command(filepath.Join("..", "..", "anylab"), append([]string{"run", "--quiet", "--out", out}, args...)...)
	var text strings.Builder
	run.Stdout, run.Stderr = &text, &text
	before := namespaces()
	if err := run.Start(); err != nil {
		b.Fatal(err)
	}
	watching, stop := context.WithCancel(b.Context())
	seen := make(chan memory)
	go func() { seen <- watchMemory(watching, run.Process.Pid) }()
	_ = run.Wait()
	stop()
	awaitTakedown(b, before)
	dirs, _ := filepath.Glob(filepath.Join(out, "*", "2*"))
	if len(dirs) != 1 {
		b.Fatal(text.String())
	}
	return dirs[0], text.String(), <-seen
}

// awaitTakedown waits until the kernel has no more network namespaces than before: it
// takes a lab down after its processes have ended, and would while the next one comes up.
func awaitTakedown(b *testing.B, before int) {
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		n := namespaces()
		if n <= before {
			return
		}
		if time.Now().After(end) {
			b.Logf("%d network namespaces are still there, %d before: of this lab, or of others", n, before)
			return
		}
	}
}

// namespaces is how many network namespaces the kernel has, the dying ones included; 0 to
// whom it does not tell (slabinfo(5)).
func namespaces() int {
	text, err := os.ReadFile("/proc/slabinfo")
	m := regexp.MustCompile(`(?m)^net_namespace +(\d+)`).FindSubmatch(text)
	if err != nil || m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// reportTrial adds what the one trial showed, if it was made.
func reportTrial(b *testing.B, dir string, s *figure.Size) {
	r, err := reports.Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	if len(r.Result.Trials) == 0 {
		b.Logf("no trial was made: %s", r.Result.Verdict)
		return
	}
	s.Costs[2], s.Conclusive = float64(r.Result.Trials[0].Outage.Value), r.Result.Trials[0].Status == "ok"
	b.ReportMetric(s.Costs[2], "ms-outage")
	b.ReportMetric(ready(b, dir).Seconds(), "s-until-ready")
	if t := r.Result.Run.Time; t != nil {
		b.ReportMetric(float64(t.Trials.OverheadMS), "ms-overhead")
	}
}

// firstAnswer is when the probe was answered for the first time.
func firstAnswer(b *testing.B, dir string) (record.Time, bool) {
	groups, err := record.ProbeGroups(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, g := range groups {
		for s, err := range record.Samples(dir, g.Name) {
			if err != nil {
				b.Fatal(err)
			}
			if s.Node != "" {
				return s.Received, true
			}
		}
	}
	return 0, false
}

// memory is the most that was seen, of processes' own and of their share of what is shared
// (PSS), in MB.
type memory struct {
	speaker float64 // of an embedded speaker, in the mean
	all     float64 // of all processes of the run together
}

func watchMemory(ctx context.Context, run int) (most memory) {
	for beat := time.NewTicker(time.Second); ; {
		select {
		case <-ctx.Done():
			beat.Stop()
			return most
		case <-beat.C:
			all, speakers, n := 0.0, 0.0, 0
			for _, pid := range descendants(run) {
				mb := proportional(pid)
				all += mb
				if command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); strings.Contains(string(command), "\x00speaker\x00") {
					speakers, n = speakers+mb, n+1
				}
			}
			most.all = max(most.all, all)
			if n > 0 {
				most.speaker = max(most.speaker, speakers/float64(n))
			}
		}
	}
}

var pss = regexp.MustCompile(`(?m)^Pss: +(\d+) kB`)

func proportional(pid int) float64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if m := pss.FindSubmatch(text); m != nil {
		kb, _ := strconv.ParseFloat(string(m[1]), 64)
		return kb / 1024
	}
	return 0
}

// descendants lists a process and those below it.
func descendants(of int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], pid)
	}
	list := map[int]bool{}
	for next := []int{of}; len(next) > 0; {
		pid := next[0]
		list[pid] = true
		next = append(next[1:], children[pid]...)
	}
	return slices.Sorted(maps.Keys(list))
}
