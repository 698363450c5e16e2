package reports

import (
	"fmt"
	"maps"
	"slices"

	"anylab/lab/record"
	"anylab/reports/figure"
)

// Plot draws the figures into dir and returns the files' names relative to it.
// It reads the probes' samples from the run directory that was loaded.
func (r *Report) Plot(dir string) ([]string, error) {
	in := figure.Input{Scenario: r.Result.Run.Scenario}
	order := r.byCell()
	for _, i := range order {
		f, t := r.Failovers[i], r.Result.Trials[i]
		in.Trials = append(in.Trials, figure.Trial{Failover: f, Inconclusive: !t.Status.judged(), Theory: t.Theory})
	}
	for _, l := range r.Result.LeftOut {
		in.LeftOut = append(in.LeftOut, record.CellName(l.Values))
	}
	for _, e := range r.Run.Experiment.Expect {
		if e.Metric == "outage" {
			in.Limits = append(in.Limits, figure.Limit{Expect: e.Text, MS: e.Value})
		}
	}
	typical := figure.Typical(in.Trials)
	if typical < 0 && len(in.Trials) > 0 {
		typical = 0 // none is conclusive: the first shows why
	}
	if typical >= 0 {
		samples, err := r.samples(order[typical])
		if err != nil {
			return nil, err
		}
		in.Trials[typical].Samples = samples
	}
	return figure.Save(dir, in)
}

// byCell returns the trials' indexes in the order in which figures show them:
// cell after cell, as the scenario has them. They were made in another one.
func (r *Report) byCell() []int {
	place := map[string]int{}
	for i, c := range planned(r.Run, r.Failovers) {
		place[record.CellName(c.Values)] = i
	}
	order := make([]int, len(r.Failovers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return place[record.CellName(r.Failovers[a].Cell)] - place[record.CellName(r.Failovers[b].Cell)]
	})
	return order
}

// samples reads what the probes recorded during one trial.
func (r *Report) samples(trial int) ([]figure.Group, error) {
	f := r.Failovers[trial]
	var groups []figure.Group
	for _, g := range r.Groups {
		group := figure.Group{Probe: g}
		for s, err := range record.Samples(r.source, g.Name) {
			if err != nil {
				return nil, fmt.Errorf("read samples: %w", err)
			}
			if s.Sent >= f.Begin && (f.End == 0 || s.Sent < f.End) {
				group.Samples = append(group.Samples, s)
			}
		}
		if len(group.Samples) > 0 { // else it belongs to another cell's lab
			groups = append(groups, group)
		}
	}
	return groups, nil
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
