package reports

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"anylab/lab/record"
)

// matrix is a run of n cells with a trial each.
func matrix(n int) story {
	s := crashes(n)
	s.rate, s.flows, s.labs = 50, 2, true
	var values []string
	for i := range s.trials {
		values = append(values, fmt.Sprintf("%dms", 10+i))
		s.trials[i].cell = map[string]string{"bfd.interval": values[i]}
	}
	s.set = []string{"matrix={bfd.interval: [" + strings.Join(values, ", ") + "]}"}
	return s
}

// BenchmarkJudge judges a stored run of 1,000 cells, the most that a matrix may
// have, with a trial each and a probe group for each cell's lab.
func BenchmarkJudge(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "run")
	s := matrix(1000)
	s.write(b, dir)
	for b.Loop() {
		r, err := Load(dir)
		if err != nil {
			b.Fatal(err)
		}
		if n := len(r.Result.Verdicts); n != 4000 {
			b.Fatalf("%d verdicts", n)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "run.json")); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB-of-run.json")
	}
}

// BenchmarkWrite writes the reports of 1,000 cells, with their figures.
func BenchmarkWrite(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "run")
	s := matrix(1000)
	s.write(b, dir)
	r, err := Load(dir)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := r.Write(dir); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPrecise looks whether one of 1,000 cells has enough trials.
func BenchmarkPrecise(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "run")
	s := matrix(1000)
	s.write(b, dir)
	for b.Loop() {
		if _, _, err := Precise(dir, s.trials[500].cell, record.Precision{Metric: "outage", Min: 6, Share: 0.05}); err != nil {
			b.Fatal(err)
		}
	}
}

// Figures of very many cells show those that need a look, and say what they
// leave out.
func TestFiguresOfManyCells(t *testing.T) {
	s := matrix(120)
	s.trials[110].dead = true
	s.set = append(s.set, "expect=[max(outage) < 9s]")
	r := s.load(t)
	cells := r.drawnCells()
	if len(cells) != mostDrawn || !cells["bfd.interval=120ms"] || !cells["bfd.interval=10ms"] || cells["bfd.interval=119ms"] {
		t.Errorf("%d cells are drawn: %v", len(cells), slices.Sorted(maps.Keys(cells)))
	}
	if err := r.Write(r.Dir); err != nil {
		t.Fatal(err)
	}
	if want := 10; len(r.Figures) != want {
		t.Errorf("figures %q, want %d", r.Figures, want)
	}
	text, err := os.ReadFile(filepath.Join(r.Dir, "report.md"))
	if err != nil || !strings.Contains(string(text), "the figures show 50 of 120 cells") {
		t.Errorf("the page doesn't say what its figures leave out, %v", err)
	}
}
