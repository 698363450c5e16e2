package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/scenarios"
	"anylab/topologies"
)

// jitter and loss are what a site's links must bear, and slice is once in how long its
// daemon is stopped.
const (
	jitter = 20 * time.Millisecond
	loss   = 0.01
	slice  = time.Second
)

// stresses are those that a setting must endure.
func stresses(x record.Experiment, site string) []reports.Stress {
	stall := reports.Stall(x, site)
	return []reports.Stress{
		{Name: "one busy processor", Busy: 1},
		{Name: "two busy processors", Busy: 2},
		{Name: "1 % loss", Loss: loss},
		{Name: "20 ms of jitter", Jitter: jitter},
		{Name: "stopped for an interval", Stall: stall, Every: max(slice, 4*stall)},
	}
}

// stressed finds the site that is stressed: the first that a fault is at, or else the
// first there is.
func (t *tuner) stressed() error {
	cells, err := t.bare.Cells()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(cells, func(c scenarios.Scenario) bool { return len(c.Faults) > 0 }) {
		return fmt.Errorf("%s has no fault: nothing fails over in it, fast or slowly", t.name)
	}
	sites := cells[0].Topology.Of(topologies.Anycast)
	if len(sites) == 0 {
		return fmt.Errorf("%s has no site", t.name)
	}
	t.found.Site = sites[0]
	for _, f := range cells[0].Faults {
		for _, on := range f.On {
			if n, ok := cells[0].Topology.Node(on); ok && n.Role == topologies.Anycast {
				t.found.Site = on
				return nil
			}
		}
	}
	return nil
}

// vendors simulates what vendors allow at least, beside what was found.
func (t *tuner) vendors(ctx context.Context) {
	for _, v := range []struct {
		who string
		set []string
	}{
		{"AWS, IBM: at least 300 ms x 3", []string{"bfd.interval=300ms", "bfd.multiplier=3"}},
		{"Google: at least 1000 ms x 5", []string{"bfd.interval=1s", "bfd.multiplier=5"}},
	} {
		if !t.bfd() {
			return
		}
		set := append([]string{}, v.set...)
		t.found.Best()
		for i, a := range t.axes {
			if a.key != "bfd.interval" && a.key != "bfd.multiplier" && a.key != "topology.bfd.interval" && a.key != "topology.bfd.multiplier" {
				set = append(set, t.found.Settings[0].Set[i])
			}
		}
		if s, err := t.simulate(ctx, set); err == nil {
			s.Vendor = v.who
			t.found.Settings = append(t.found.Settings, s)
		}
	}
}

// bfd says whether the stressed site's sessions have BFD with some setting.
func (t *tuner) bfd() bool {
	for _, a := range t.axes {
		if a.key == "bfd.interval" || a.key == "topology.bfd.interval" {
			return true
		}
	}
	for _, l := range t.bare.Topology.LinksOf(t.found.Site) {
		if l.BFD != nil {
			return true
		}
	}
	return false
}
