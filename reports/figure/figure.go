// Package figure draws what the trials of a run showed.
package figure

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"anylab/lab/record"
	"anylab/reports/timeline"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Input is what the figures of one run show.
type Input struct {
	Scenario string
	Trials   []Trial                 // in the order in which they shall stand, cell after cell
	Limits   []Limit                 // thresholds of the scenario's expectations on the outage
	LeftOut  []string                // labels of cells that were not carried out
	Sites    []string                // the anycast nodes, in the topology's order
	Places   map[string]record.Place // where nodes stand, as far as that is said
	Longest  map[string]float64      // cell -> for how long its users are cut off at most by theory, ms; nil: nobody finds a service by DNS
	Network  Network                 // that the run was made in
	Unclear  []string                // cells of which the bounds leave open whether every outage was below one second
}

// Trial is one trial of a run. Those with Samples get a figure of their own:
// the caller picks the ones worth a look (see Typical).
type Trial struct {
	Failover     timeline.Failover
	Inconclusive bool           // drawn hollow, and left out of the statistics
	Theory       *record.Bounds // of the detection, ms; nil if none is stated
	Takeover     *record.Bounds // how long who takes over waits from then on, ms; nil: he does not
	Samples      []Group        // at least from a while before the fault on
}

// Group is a probe group with its samples, in any order.
type Group struct {
	Probe   record.ProbeGroup
	Samples []record.Sample
}

// Limit is the threshold of one expectation, for instance "p95(outage) < 1s".
type Limit struct {
	Expect string
	MS     float64
}

// picture is one figure, ready to be drawn on any canvas.
type picture struct {
	name   string // file name without its ending
	height vg.Length
	draw   func(draw.Canvas)
}

// All draws every figure that in has data for into dir/figures, as SVG and
// as PNG, and returns the files' names relative to dir. The same input gives
// the same bytes.
func All(dir string, in Input) ([]string, error) {
	names, err := Save(filepath.Join(dir, "figures"), in)
	for i, name := range names {
		names[i] = filepath.Join("figures", name)
	}
	return names, err
}

// Save does what All does, right in dir.
func Save(dir string, in Input) ([]string, error) {
	return save(dir, pictures(in))
}

// save renders the pictures in every format, side by side.
func save(dir string, pictures []picture) ([]string, error) {
	if len(pictures) == 0 {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create figures: %w", err)
	}
	var names []string
	var drawing errgroup.Group
	drawing.SetLimit(runtime.NumCPU())
	for _, p := range pictures {
		for _, f := range formats {
			name := p.name + f.ending
			names = append(names, name)
			drawing.Go(func() error {
				data, err := f.render(p)
				if err != nil {
					return fmt.Errorf("draw %s: %w", name, err)
				}
				if err := record.ReplaceFile(filepath.Join(dir, name), data); err != nil {
					return fmt.Errorf("save figure: %w", err)
				}
				return nil
			})
		}
	}
	if err := drawing.Wait(); err != nil {
		return nil, err
	}
	return names, nil
}

// pictures lists the figures that in has data for.
func pictures(in Input) []picture {
	if len(in.Trials) == 0 {
		return nil
	}
	list := append(timelines(in), breakdown(in), distribution(in))
	if names, _ := cells(in.Trials); len(names) > 1 {
		list = append(list, comparison(in))
	}
	if m := catchment(in); m != nil {
		list = append(list, *m)
	}
	if r := reach(in); r != nil {
		list = append(list, *r)
	}
	if u := users(in); u != nil {
		list = append(list, *u)
	}
	for _, drawn := range []*picture{losses(in), connections(in)} {
		if drawn != nil {
			list = append(list, *drawn)
		}
	}
	if len(in.Network.Topology.Nodes) > 0 {
		list = append(list, in.Network.picture())
	}
	if panels := gridPanels(in); panels != nil {
		list = append(list, stacked(in, panels))
	}
	return list
}
