package reports

import (
	"fmt"
	"maps"
	"slices"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/timeline"
)

// Plot draws the figures into dir and returns the files' names relative to it.
// It reads the probes' samples from the run directory that was loaded.
func (r *Report) Plot(dir string) ([]string, error) {
	if r.Result.Internet != nil {
		return r.internetFigures(dir)
	}
	if r.Result.Validation != nil {
		return figure.SaveValidation(dir, r.validationFigure(), r.Network())
	}
	in := figure.Input{Scenario: r.Result.Run.Scenario, Network: r.Network()}
	order := r.drawn()
	in.Trials = make([]figure.Trial, 0, len(order))
	for _, i := range order {
		f, t := r.Failovers[i], r.Result.Trials[i]
		in.Trials = append(in.Trials, figure.Trial{Failover: f, Inconclusive: !t.Status.judged(), Theory: t.Theory, Takeover: t.Takeover})
	}
	for _, l := range r.Result.LeftOut {
		in.LeftOut = append(in.LeftOut, record.CellName(l.Values))
	}
	for _, e := range r.Run.Experiment.Expect {
		if e.Metric == "outage" {
			in.Limits = append(in.Limits, figure.Limit{Expect: e.Text, MS: e.Value})
		}
	}
	for _, c := range r.Result.Comparison {
		if c.N > 0 && c.SubSecond == nil {
			in.Unclear = append(in.Unclear, c.Name)
		}
	}
	in.Sites, in.Places = r.places()
	in.Longest = r.longest()
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

// longest returns for how long the users of each cell are cut off at most by what its
// health check and its TTL promise; nil where no cell's users find a service by DNS.
func (r *Report) longest() map[string]float64 {
	list, resolves := map[string]float64{}, false
	for _, c := range r.Run.Cells {
		if c.Experiment == nil {
			continue
		}
		for _, s := range c.Experiment.Services {
			resolves = resolves || s.DNS != nil
			if c.Theory != nil {
				list[record.CellName(c.Values)] = max(list[record.CellName(c.Values)], millis(s.Longest()))
			}
		}
	}
	if !resolves {
		return nil
	}
	return list
}

// places returns the first cell's sites, and where its sites and clients stand.
func (r *Report) places() (sites []string, places map[string]record.Place) {
	if len(r.Run.Cells) == 0 || r.Run.Cells[0].Experiment == nil {
		return nil, nil
	}
	places = map[string]record.Place{}
	for _, n := range r.Run.Cells[0].Experiment.Topology.Nodes {
		if n.Place != nil && n.Role != record.RouterNode {
			places[n.Name] = *n.Place
		}
	}
	return r.Run.Cells[0].Experiment.Topology.Of(record.AnycastNode), places
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

// mostDrawn is how many cells a figure shows: more are no figure to look at, and
// take a while to draw.
const mostDrawn = 50

// drawn returns the trials that figures show, in their order: of very many cells
// those that need a look, and the first others.
func (r *Report) drawn() []int {
	order, cells := r.byCell(), r.drawnCells()
	return slices.DeleteFunc(order, func(i int) bool { return !cells[record.CellName(r.Failovers[i].Cell)] })
}

// drawnCells are those of which figures show something.
func (r *Report) drawnCells() map[string]bool {
	cells := map[string]bool{}
	look := r.needLook()
	for _, wanted := range []func(name string) bool{func(name string) bool { return look[name] }, func(string) bool { return true }} {
		for _, i := range r.byCell() {
			if name := record.CellName(r.Failovers[i].Cell); len(cells) < mostDrawn && wanted(name) {
				cells[name] = true
			}
		}
	}
	return cells
}

// needLook are the cells in which an expectation didn't hold, or a trial is
// inconclusive.
func (r *Report) needLook() map[string]bool {
	cells := map[string]bool{}
	for _, v := range r.Result.Verdicts {
		if !v.OK {
			cells[record.CellName(v.Cell)] = true
		}
	}
	for _, t := range r.Result.Trials {
		if !t.Status.judged() {
			cells[record.CellName(t.Cell)] = true
		}
	}
	return cells
}

// undrawn says which cells the figures leave out; nothing if they show all.
func (r *Report) undrawn() string {
	all, drawn := map[string]bool{}, r.drawnCells()
	for _, f := range r.Failovers {
		all[record.CellName(f.Cell)] = true
	}
	if len(drawn) == len(all) {
		return ""
	}
	return fmt.Sprintf("the figures show %d of %d cells: those that failed or are inconclusive before the others", len(drawn), len(all))
}

// samples reads what the probes recorded during one trial.
func (r *Report) samples(trial int) ([]figure.Group, error) {
	f := r.Failovers[trial]
	var groups []figure.Group
	p := r.sourceOf(f)
	for _, g := range p.groups {
		group := figure.Group{Probe: g}
		for s, err := range record.Spans(p.dir, g.Name) {
			if err != nil {
				return nil, fmt.Errorf("read samples: %w", err)
			}
			_, s = s.Cut(g, f.Begin)
			if f.End != 0 {
				s, _ = s.Cut(g, f.End)
			}
			s.Each(g, func(one record.Sample) bool { group.Samples = append(group.Samples, one); return true })
		}
		if len(group.Samples) > 0 { // else it belongs to another cell's lab
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// sourceOf is the part in whose record the trial is.
func (r *Report) sourceOf(f timeline.Failover) *source {
	return r.sources[max(0, slices.IndexFunc(r.sources, func(p *source) bool { return p.name == f.Part }))]
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
