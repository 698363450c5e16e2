package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// decides refuses an axis that changes nothing of the network, its services and faults
// beside the others, and names the one that sets the same if there is one.
func (t *tuner) decides() error {
	all := make([]int, len(t.axes))
	for i := range all {
		all[i] = i
	}
	for i, a := range t.axes {
		does, err := t.changes(i, all)
		if err != nil {
			return err
		}
		if does {
			continue
		}
		refused := document.Flagged("--vary", t.vary[i])
		for k := range t.axes {
			if k == i {
				continue
			}
			without := slices.Delete(slices.Clone(all), k, k+1)
			if does, err := t.changes(i, without); err == nil && does { // without what it needs, the scenario is none
				return refused.Errorf("", "%s is varied twice: --vary %s sets the same", a.key, t.vary[k])
			}
		}
		if own := t.ofLinks(a.key); own != "" {
			return refused.Errorf("", "%s has no effect, for the links have their own: vary %s, or leave it out of the links", a.key, own)
		}
		return refused.Errorf("", "%s changes nothing of the network, its services and its faults: what varies is a timer, as bfd.interval is", a.key)
	}
	return nil
}

// ofLinks is the key of a link that has a setting of its own in place of the topology's;
// empty where none has.
func (t *tuner) ofLinks(key string) string {
	key = strings.TrimPrefix(key, "topology.")
	for i, link := range t.bare.Topology.Source.Root().Value("links").Items() {
		if link.HasPath(key) {
			return fmt.Sprintf("topology.links.%d.%s", i, key)
		}
	}
	return ""
}

// changes says whether an experiment with some of the axes at their low ends is another
// one with this axis at its high end.
func (t *tuner) changes(axis int, among []int) (bool, error) {
	var set []string
	at := 0
	for _, i := range among {
		if i == axis {
			at = len(set)
		}
		set = append(set, t.axes[i].set(t.axes[i].low))
	}
	low, err := t.experiments(set)
	if err != nil {
		return false, err
	}
	set[at] = t.axes[axis].set(t.axes[axis].high)
	high, err := t.experiments(set)
	return !reflect.DeepEqual(low, high), err
}

// decided is what a setting decides in a cell.
type decided struct {
	record.Experiment
	network topologies.Topology
}

// experiments are those of a setting, one a cell, without how they are measured.
func (t *tuner) experiments(set []string) ([]decided, error) {
	s, err := scenarios.Load(t.name, append(slices.Clone(t.set), set...)...)
	if err != nil {
		return nil, err
	}
	cells, err := s.Cells()
	if err != nil {
		return nil, err
	}
	var list []decided
	for _, c := range cells {
		x := *c.Experiment()
		x.Trials, x.Until, x.Sustain, x.Limit, x.Settle, x.Expect, x.Claims = 0, nil, 0, 0, 0, nil, nil
		x.Topology.Name = ""
		network := topologies.Topology{Nodes: c.Topology.Nodes, Links: c.Topology.Links, Besides: c.Topology.Besides} // timers that no record states
		list = append(list, decided{x, network})
	}
	return list, nil
}

// measured refuses a goal about what is not measured in the scenario, with no axis at
// its low end, nor at its high one.
func (t *tuner) measured(ctx context.Context) error {
	var low, high []string
	for _, a := range t.axes {
		low, high = append(low, a.set(a.low)), append(high, a.set(a.high))
	}
	where := ""
	for _, set := range [][]string{low, high} {
		r, err := t.simulation(ctx, set)
		if err != nil {
			return exitError{exitUnavailable, err}
		}
		cell, lacks := r.Lacks(t.goal)
		if !lacks {
			return nil
		}
		if where = "this scenario"; cell != "" {
			where = "cell " + cell + " of this scenario"
		}
	}
	return document.Flagged("--goal", t.goal.Text).Errorf("", "%s is not measured in %s: no trial of its simulation has one", t.goal.Subject(), where)
}

// byChance is how improbable a difference of trials must be to be none by chance.
const byChance = 0.001

// rest leaves an axis at its slow end if the goal's metric does not depend on it: how long
// detection takes is the same at both ends, and simulated trials don't differ.
func (t *tuner) rest(ctx context.Context) error {
	for i := range t.axes {
		var theory [2][]record.Bounds
		var values [2][]float64
		for end := range 2 {
			var set []string
			for k, a := range t.axes {
				v := a.high
				if k == i && end == 0 {
					v = a.low
				}
				set = append(set, a.set(v))
			}
			r, err := t.simulation(ctx, set)
			if err != nil {
				return err
			}
			for _, c := range r.Run.Cells {
				if c.Theory != nil {
					theory[end] = append(theory[end], *c.Theory)
				}
			}
			if len(theory[end]) < len(r.Run.Cells) {
				break // it is not known
			}
			values[end] = r.Values(t.goal)
		}
		t.axes[i].idle = len(values[0]) > 0 && len(values[1]) > 0 && slices.Equal(theory[0], theory[1]) && stats.Compare(values[0], values[1]).P >= byChance
	}
	return nil
}
