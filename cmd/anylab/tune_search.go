package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/lab/service"
	"anylab/reports"
	"anylab/reports/stats"
	"anylab/reports/words"
	"anylab/scenarios"
)

// How many settings are searched.
const (
	gridMost   = 100 // in the first grid
	valuesMost = 10  // of one key
	rounds     = 3   // in which the goal's border is looked at closer
	borderMost = 60  // in each of them
)

// search tries settings in simulation: a grid, and then what lies between one that meets
// the goal and its neighbor that does not.
func (t *tuner) search(ctx context.Context) error {
	if err := t.rest(ctx); err != nil {
		return err
	}
	n := min(valuesMost, int(math.Pow(gridMost, 1/float64(len(t.axes)))+1e-9))
	grid := [][]float64{nil}
	for _, a := range t.axes {
		var longer [][]float64
		for _, c := range grid {
			for _, v := range a.grid(n) {
				longer = append(longer, append(slices.Clone(c), v))
			}
		}
		grid = longer
	}
	var seen []point
	for round := range rounds + 1 {
		if len(grid) == 0 {
			break // no border: all settings meet the goal, or none does
		}
		t.say("simulate " + words.Count(len(grid), "setting"))
		made, err := t.simulateAll(ctx, grid)
		seen = append(seen, made...)
		if err != nil {
			return err
		}
		if round < rounds {
			grid = t.border(seen)
		}
	}
	if len(t.found.Settings) == 0 {
		return errors.New("no setting could be simulated")
	}
	t.vendors(ctx)
	t.found.Best()
	return nil
}

// point is a setting that was simulated.
type point struct {
	at    []float64
	meets bool
}

// border lists what lies between neighbors of which one meets the goal.
func (t *tuner) border(seen []point) [][]float64 {
	var list [][]float64
	for i, a := range t.axes {
		lines := map[string][]point{}
		for _, p := range seen {
			rest := slices.Clone(p.at)
			rest[i] = 0
			lines[fmt.Sprint(rest)] = append(lines[fmt.Sprint(rest)], p)
		}
		for _, line := range lines {
			slices.SortFunc(line, func(p, q point) int { return int(math.Copysign(1, p.at[i]-q.at[i])) })
			for k := 1; k < len(line); k++ {
				if m, ok := a.between(line[k-1].at[i], line[k].at[i]); ok && line[k-1].meets != line[k].meets {
					list = append(list, slices.Clone(line[k].at))
					list[len(list)-1][i] = m
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b []float64) int { return slices.Compare(a, b) })
	list = slices.CompactFunc(list, func(a, b []float64) bool { return slices.Equal(a, b) })
	return list[:min(len(list), borderMost)]
}

// simulateAll simulates settings, as many at a time as there are processors.
func (t *tuner) simulateAll(ctx context.Context, grid [][]float64) ([]point, error) {
	var all errgroup.Group
	all.SetLimit(runtime.NumCPU())
	var mu sync.Mutex
	var made []point
	for _, at := range grid {
		var set []string
		var ease []float64
		for i, a := range t.axes {
			set = append(set, a.set(at[i]))
			ease = append(ease, a.ease(at[i]))
		}
		name := strings.Join(set, " ")
		if t.tried[name] {
			continue
		}
		t.tried[name] = true
		all.Go(func() error {
			s, err := t.simulate(ctx, set)
			if err != nil {
				return err
			}
			s.Ease = ease
			mu.Lock()
			defer mu.Unlock()
			t.found.Settings = append(t.found.Settings, s)
			made = append(made, point{at, s.Simulated.Meets})
			return nil
		})
	}
	return made, all.Wait()
}

// simulate tries a setting in simulation, and computes its false failovers.
func (t *tuner) simulate(ctx context.Context, set []string) (reports.Setting, error) {
	out := reports.Setting{Set: set}
	r, err := t.simulation(ctx, set)
	if err != nil {
		return out, err
	}
	out.Simulated = r.Against(t.goal)
	for _, stress := range stresses(*r.Run.Experiment, t.found.Site) {
		e := reports.Endured{Stress: stress.Name}
		if stress.Simulable() {
			rate := stress.Computed(*r.Run.Experiment, t.found.Site)
			e.Computed = &rate
		}
		out.Endures(e)
	}
	return out, nil
}

// simulation is the run of a setting in simulation.
func (t *tuner) simulation(ctx context.Context, set []string) (*reports.Report, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	dir, err := os.MkdirTemp("", "anylab-tune-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is below the temporary directory
	p, err := t.imagined(set)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "run")
	if err := imagine(ctx, p, path, time.Now()); err != nil {
		return nil, err
	}
	return reports.Load(path)
}

// imagined is the plan of a setting's simulation.
func (t *tuner) imagined(set []string) (*run.Plan, error) {
	set = append(slices.Clone(t.set), set...)
	s, err := scenarios.Load(t.name, set...)
	if err == nil {
		s, err = scenarios.Load(t.name, append(set, standIns(s)...)...)
	}
	if err == nil {
		s, err = s.WithTrials(max(stats.MinTrials(quantile(t.goal)), leastSimulated))
	}
	if err != nil {
		return nil, err
	}
	return imagined(s, t.seed, t.known)
}

// leastSimulated is how many trials of a setting are simulated at least.
const leastSimulated = 60

// quantile is the one that a goal is about, for the number of trials: whatever has no
// statistic of its own holds for nearly all.
func quantile(goal record.Expectation) float64 {
	if q, ok := map[string]float64{"min": 0.5, "mean": 0.5, "median": 0.5, "p90": 0.9, "p99": 0.99}[goal.Stat]; ok {
		return q
	}
	return 0.95
}

// standIns are what stands in for programs of the user's, and for probes that use
// connections, which can't be simulated: the same timers and rates with anylab's own.
func standIns(s scenarios.Scenario) []string {
	var own, probes []string
	needed, kinds := false, map[string]string{}
	for _, v := range s.Services {
		kinds[v.Name] = v.Kind
		kind, fall := v.Health.Kind, v.Health.Fall
		if len(v.Health.Command) > 0 {
			kind, fall = "dns", 1 // one round of a loop
		}
		if len(v.Command) > 0 || len(v.Health.Command) > 0 {
			needed = true
		}
		if h, _ := service.AboutHealth(kind); h.Polls {
			kind = "dns"
		}
		own = append(own, fmt.Sprintf("{name: %q, kind: dns, on: [%s], health: {kind: %s, interval: %v, timeout: %v, fall: %d, rise: %d}}",
			v.Name, strings.Join(v.On, ", "), kind, v.Health.Interval, v.Health.Timeout, fall, v.Health.Rise))
	}
	for _, p := range s.Probes {
		if kind := cmp.Or(p.Kind, kinds[p.Service]); (record.ProbeGroup{Kind: kind}).Carried() != record.Datagram {
			needed = true
		}
		probes = append(probes, fmt.Sprintf("{from: %s, service: %q, kind: dns, rate: %v/s, flows: %d}", p.From, p.Service, p.Rate, p.Flows))
	}
	if !needed {
		return nil
	}
	return []string{"services=[" + strings.Join(own, ", ") + "]", "probes=[" + strings.Join(probes, ", ") + "]"}
}
