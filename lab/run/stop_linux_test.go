package run

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/scenarios"
)

func ruled(least, most int) cell {
	return cell{Scenario: scenarios.Scenario{Trials: most, Until: &scenarios.Precision{Text: "rule", Min: least, Metric: "outage", Share: 0.05}}}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		cell   cell
		rounds int
		want   []int
	}{
		{cell{Scenario: scenarios.Scenario{Trials: 10}}, 1, []int{10}},
		{cell{Scenario: scenarios.Scenario{Trials: 10}}, 3, []int{3, 6, 10}},
		{ruled(10, 100), 1, []int{100}}, // one cell: nothing to be interleaved with
		{ruled(10, 40), 3, []int{3, 6, 10, 13, 17, 22, 29, 38, 40}},
		{ruled(10, 10), 3, []int{3, 6, 10}},
	} {
		if diff := cmp.Diff(c.want, c.cell.targets(c.rounds)); diff != "" {
			t.Errorf("%d rounds (-want +got):\n%s", c.rounds, diff)
		}
	}
	p := &Plan{cells: []cell{ruled(6, 12), {Scenario: scenarios.Scenario{Trials: 5}}}}
	made := map[int]int{}
	for _, v := range p.schedule(rand.New(rand.NewPCG(1, 0))) {
		if v.first != made[v.cell] {
			t.Errorf("visit %+v begins at %d, want %d", v, v.first, made[v.cell])
		}
		made[v.cell] += v.trials
	}
	if made[0] != 12 || made[1] != 5 {
		t.Errorf("trials %v", made)
	}
}

// stopAt is a stopping whose rule is met from some number of trials on.
func stopAt(c cell, met int, looks *[]int) (*stopping, *record.Run) {
	about := &record.Run{Cells: []record.Cell{{Trials: c.Trials}}}
	made := 0
	s := &stopping{dir: "run", about: about, next: map[int]int{}, met: map[int]bool{}}
	s.enough = func(string, map[string]string, record.Precision) (bool, string, error) {
		made = (*looks)[len(*looks)-1]
		return made >= met, "why", nil
	}
	return s, about
}

func TestStoppingLooksSeldomAndSaysWhy(t *testing.T) {
	for _, c := range []struct {
		name  string
		met   int
		looks []int
		want  record.Cell
	}{
		{"at the first look", 1, []int{10}, record.Cell{Trials: 10, Stop: &record.Stop{Rule: "rule", Least: 10, Most: 30, Made: 10, Met: true, Why: "why"}}},
		{"later", 15, []int{10, 12, 14, 16}, record.Cell{Trials: 16, Stop: &record.Stop{Rule: "rule", Least: 10, Most: 30, Made: 16, Met: true, Why: "why"}}},
		{"never", 99, []int{10, 12, 14, 16, 18, 20, 23, 26, 29, 30},
			record.Cell{Trials: 30, Stop: &record.Stop{Rule: "rule", Least: 10, Most: 30, Made: 30, Why: "why"}}},
	} {
		var looks []int
		cell := ruled(10, 30)
		s, about := stopAt(cell, c.met, &looks)
		inner := s.enough
		var seen []int
		made := 0
		s.enough = func(dir string, cell map[string]string, rule record.Precision) (bool, string, error) {
			seen = append(seen, made)
			looks = append(looks, made)
			return inner(dir, cell, rule)
		}
		for made = 1; made <= cell.Trials; made++ {
			if enough, err := s.after(0, cell, made); err != nil {
				t.Fatal(err)
			} else if enough {
				break
			}
		}
		if diff := cmp.Diff(c.looks, seen); diff != "" {
			t.Errorf("%s: looks (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.want, about.Cells[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	s, _ := stopAt(ruled(1, 2), 1, &[]int{1})
	s.enough = func(string, map[string]string, record.Precision) (bool, string, error) {
		return false, "", errors.New("unreadable")
	}
	if _, err := s.after(0, ruled(1, 2), 1); err == nil {
		t.Error("an error is lost")
	}
}

func TestARunStopsWhenItHasEnough(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	labtest.Require(t, "netns")
	p := compile(t, "service-crash-process-watch", "trials=4", "faults.0.for=500ms", "sustain=100ms")
	p.cells[0].Until = &scenarios.Precision{Text: "rule", Min: 1, Metric: "outage", Share: 0.05}
	trials := 0
	p.Enough = func(dir string, _ map[string]string, _ record.Precision) (bool, string, error) {
		trials = 0
		for e, err := range record.Events(dir) { // what was made so far can be read
			if err != nil {
				return false, "", err
			}
			if d, ok := e.Data.(record.Trial); ok && d.Phase == record.TrialEnd {
				trials++
			}
		}
		return trials >= 2, "two are enough", nil
	}
	about := p.About(time.Now())
	dir, err := record.Create(filepath.Join(t.TempDir(), "run"), about)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Execute(t.Context(), dir, about, silent{t}); err != nil {
		t.Fatal(err)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	run, err := record.ReadRun(dir.Path())
	if err != nil {
		t.Fatal(err)
	}
	if c := run.Cells[0]; trials != 2 || c.Trials != 2 || c.Stop == nil || !c.Stop.Met || c.Stop.Most != 4 {
		t.Errorf("%d trials, run.json %+v %+v", trials, c, c.Stop)
	}
}
