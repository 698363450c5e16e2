package run

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
	"anylab/scenarios"
)

// All shards together make the trials of the run, in its order, each once.
func TestShardsMakeTheRun(t *testing.T) {
	type made struct{ cell, trial int }
	list := func(visits []visit) (all []made) {
		for _, v := range visits {
			for i := range v.trials {
				all = append(all, made{v.cell, v.first + i})
			}
		}
		return all
	}
	for _, trials := range [][]int{{10}, {1, 1, 1}, {10, 3, 7}, {60, 60}, {20, 20, 20, 20, 20}} {
		p := &Plan{Seed: 7}
		sum := 0
		for i, n := range trials {
			p.cells = append(p.cells, cell{number: i, Scenario: scenarios.Scenario{Trials: n}})
			sum += n
		}
		visits := p.schedule(p.beginning())
		for of := 1; of <= min(sum, 9); of++ {
			var all []made
			cut := 0
			for i := range of {
				own := *p
				if err := own.Divide(record.Shard{Index: i + 1, Of: of}); err != nil {
					t.Fatal(err)
				}
				stretch := own.share(own.schedule(own.beginning()))
				part := list(stretch)
				if len(part) < sum/of || len(part) > (sum+of-1)/of {
					t.Errorf("%v: shard %d/%d has %d trials", trials, i+1, of, len(part))
				}
				for n, v := range stretch {
					if v.number != n {
						t.Errorf("visit %d is number %d", n, v.number)
					}
				}
				all, cut = append(all, part...), cut+len(stretch)
			}
			if diff := cmp.Diff(list(visits), all, cmp.AllowUnexported(made{})); diff != "" {
				t.Errorf("%v in %d shards (-whole +shards):\n%s", trials, of, diff)
			}
			if cut > len(visits)+of-1 {
				t.Errorf("%v in %d shards: %d labs, the whole has %d", trials, of, cut, len(visits))
			}
		}
	}
}

// One of several plans is divided like any; of one with few trials each is made by one of
// the shards, and what makes none is idle.
func TestOneOfSeveralIsDivided(t *testing.T) {
	for _, trials := range [][]int{{10, 3}, {1}, {2}, {1, 2}, {3}, {1, 1, 1, 1}} {
		p := &Plan{Seed: 7}
		sum := 0
		for i, n := range trials {
			p.cells = append(p.cells, cell{number: i, Scenario: scenarios.Scenario{Trials: n}})
			sum += n
		}
		for of := 1; of <= 9; of++ {
			made, indexes := 0, []int{}
			for i := range of {
				own := *p
				idle, err := own.DivideOf(record.Shard{Index: i + 1, Of: of})
				if err != nil {
					t.Fatal(err)
				}
				if idle {
					continue
				}
				for _, n := range own.shares(own.share(own.schedule(own.beginning()))) {
					made += n
				}
				if indexes = append(indexes, own.Shard.Index); own.Shard.Of != min(of, sum) {
					t.Errorf("%v in %d shards: one is %v", trials, of, *own.Shard)
				}
			}
			var want []int
			for i := range min(of, sum) {
				want = append(want, i+1)
			}
			if diff := cmp.Diff(want, indexes); diff != "" || made != sum {
				t.Errorf("%v in %d shards: %d trials; shards (-want +got):\n%s", trials, of, made, diff)
			}
		}
	}
	if _, err := (&Plan{}).DivideOf(record.Shard{Index: 1, Of: 1}); err == nil {
		t.Error("what has no trial is divided")
	}
	if _, err := (&Plan{cells: []cell{ruled(6, 12)}}).DivideOf(record.Shard{Index: 1, Of: 2}); err == nil || !strings.Contains(err.Error(), "until (rule)") {
		t.Errorf("error %v", err)
	}
}

// A trial's moment is that of the run that was not divided, whichever shard and
// whichever cells of it make it.
func TestShardsDrawTheRunsMoments(t *testing.T) {
	p, err := compileText(t, someCells+"missing: skip\n")
	if err != nil {
		t.Fatal(err)
	}
	p.Seed = 7
	if err := p.Divide(record.Shard{Index: 2, Of: 2}); err != nil {
		t.Fatal(err)
	}
	about := p.About(time.Now())
	if about.Cells[0].Trials != 1 || p.cells[0].Trials != 2 || *about.Shard != (record.Shard{Index: 2, Of: 2}) {
		t.Errorf("shard %v records %d trials, and draws the moments of %d; want 1, 2", about.Shard, about.Cells[0].Trials, p.cells[0].Trials)
	}
}

func TestUntilIsNotDivided(t *testing.T) {
	p := &Plan{cells: []cell{ruled(6, 12)}}
	if err := p.Divide(record.Shard{Index: 1, Of: 2}); err == nil || !strings.Contains(err.Error(), "until (rule)") {
		t.Errorf("error %v", err)
	}
	p = &Plan{cells: []cell{{Scenario: scenarios.Scenario{Trials: 3}}}}
	if err := p.Divide(record.Shard{Index: 1, Of: 4}); err == nil || !strings.Contains(err.Error(), "3 trials") {
		t.Errorf("error %v", err)
	}
	if got := p.schedule(rand.New(rand.NewPCG(1, 0))); len(p.share(got)) != 1 {
		t.Errorf("what is not divided has %v", p.share(got))
	}
}
