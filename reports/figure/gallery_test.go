package figure

import (
	"flag"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"anylab/lab/record"
)

var gallery = flag.String("gallery", "", "keep the figures of the synthetic trials in this folder, to be looked at")

// galleryDir returns the folder for a test's figures.
func galleryDir(t *testing.T, name string) string {
	if *gallery == "" {
		return t.TempDir()
	}
	return filepath.Join(*gallery, name)
}

func TestEveryStoryCanBeDrawn(t *testing.T) {
	all := stories()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			names, err := All(galleryDir(t, name), Input{Scenario: name, Trials: []Trial{all[name].trial()}})
			if err != nil || len(names) != 6 {
				t.Fatalf("%q, %v; want three figures in two formats", names, err)
			}
		})
	}
}

// manyTrials returns n trials around a detection time, without samples.
func manyTrials(n int, cell map[string]string, detect, spread float64) []Trial {
	var trials []Trial
	for i := range n {
		d := detect + spread*float64(i*i*7919%1009)/1009
		s := story{fault: "blackhole", on: []string{"upstream", "a"}, cell: cell, index: i, stages: stagesUpTo(d+3, d), to: d + 3,
			flows: 4, rate: 1000, theory: &record.Bounds{Low: detect, High: detect + spread}}
		t := s.trial()
		t.Samples = nil
		trials = append(trials, t)
	}
	return trials
}

func TestManyTrialsCanBeDrawn(t *testing.T) {
	one := Input{Scenario: "service-crash", Trials: manyTrials(10, nil, 101, 99),
		Limits: []Limit{{"p95(outage) < 250ms", 250}, {"median(outage) < 200ms", 200}}}
	one.Trials[3].Inconclusive = true
	one.Trials[7] = stories()["never"].trial()
	one.Trials[7].Samples, one.Trials[7].Failover.Index = nil, 7
	matrix := Input{Scenario: "timers", Limits: []Limit{{"p95(outage) < 1s", 1000}}}
	for _, c := range []struct {
		name           string
		detect, spread float64
	}{{"10ms", 20, 10}, {"50ms", 100, 50}, {"300ms", 600, 300}, {"hold 3s", 2000, 1000}} {
		matrix.Trials = append(matrix.Trials, manyTrials(30, map[string]string{"bfd": c.name}, c.detect, c.spread)...)
	}
	quiet := stories()["none"].trial()
	quiet.Failover.Cell = map[string]string{"bfd": "drain"}
	matrix.Trials = append(matrix.Trials, Trial{Failover: quiet.Failover})
	for name, in := range map[string]Input{"many-one": one, "many-matrix": matrix} {
		names, err := All(galleryDir(t, name), in)
		want := 4
		if name == "many-matrix" {
			want = 6
		}
		if err != nil || len(names) != want {
			t.Fatalf("%s: %q, %v; want %d files", name, names, err, want)
		}
	}
}
