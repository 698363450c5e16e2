package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"anylab/reports"
	"anylab/reports/figure"
)

// tableGrowth is what the one route that matters waits for behind a table, in the order of
// its sizes' costs.
var tableGrowth = figure.Growth{File: "full-table", Title: "The anycast route moves behind a table of others", Along: "other routes, of each of two sites",
	Costs: []figure.Cost{{Label: "route installed, ms", Decades: true}, {Label: "all loaded, ms", Decades: true}, {Label: "memory, MB", Decades: true}}}

// BenchmarkFullTable carries full-table out with each daemon as the router and with tables of
// one to a million routes, or 100,000 with -short, and leaves a figure of what they cost
// in out/bench.
func BenchmarkFullTable(b *testing.B) {
	sizes := []int{1, 10_000, 100_000, 1_000_000}
	if testing.Short() {
		sizes = sizes[:3]
	}
	grown := map[string][]figure.Size{}
	for _, routes := range sizes {
		for _, daemon := range []string{"gobgp", "bird", "frr"} {
			b.Run(fmt.Sprintf("%s/%d", daemon, routes), func(b *testing.B) {
				for b.Loop() {
					if s, ok := behindTable(b, daemon, routes); ok {
						grown[daemon] = append(grown[daemon], s)
					}
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
	if len(grown) == 0 {
		return // none was asked for, or could be made
	}
	if _, err := tableGrowth.Save(filepath.Join("..", "..", "out", "bench"), machine(), grown); err != nil {
		b.Error(err)
	}
}

// behindTable makes one trial; ok is false where none came about.
func behindTable(b *testing.B, daemon string, routes int) (s figure.Size, ok bool) {
	set := []string{"full-table", "--trials", "1", "--seed", "1",
		"--set", fmt.Sprintf("matrix=[{topology.nodes.r.daemon: %s}]", daemon),
		"--set", fmt.Sprintf("topology.nodes.a.table=%d", routes), "--set", fmt.Sprintf("topology.nodes.b.table=%d", routes)}
	if routes > 100_000 { // sessions must outlast the loading, and a trial the moving
		set = append(set, "--set", "topology.bgp.hold=600s", "--set", "topology.bgp.keepalive=200s", "--set", "limit=4m")
	}
	dir, said, used := watched(b, b.TempDir(), set...)
	r, err := reports.Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	if len(r.Result.Trials) == 0 {
		b.Logf("%s behind %d routes: no trial was made: %s", daemon, routes, said)
		return s, false
	}
	t := r.Result.Trials[0]
	s = figure.Size{Of: routes, Costs: []float64{0, float64(ready(b, dir).Milliseconds()), used.all}, Conclusive: t.Status == "ok"}
	if t.Stages.Install != nil {
		s.Costs[0] = float64(*t.Stages.Install)
	}
	for i, unit := range []string{"ms-installed", "ms-until-ready", "MB-of-the-lab"} {
		b.ReportMetric(s.Costs[i], unit)
	}
	b.ReportMetric(float64(t.Outage.Value), "ms-outage")
	return s, true
}
