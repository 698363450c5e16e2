package reports

import (
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// cell is one cell of the run with what was made of it.
type cell struct {
	record.Cell
	x      record.Experiment
	trials []int // which of the run's failovers are its own
}

// cells are those of a run, in its order.
type cells struct {
	list   []*cell
	byName map[string]*cell
	base   record.Experiment
}

// divide gives each cell its trials. A record that plans no cells has those that
// its trials name.
func divide(run record.Run, failovers []timeline.Failover) cells {
	all := cells{byName: map[string]*cell{}}
	if run.Experiment != nil {
		all.base = *run.Experiment
	}
	for _, c := range run.Cells {
		all.add(c)
	}
	for i, f := range failovers {
		c := all.byName[record.CellName(f.Cell)]
		if c == nil && len(run.Cells) == 0 {
			c = all.add(record.Cell{Values: f.Cell})
		}
		if c == nil {
			continue
		}
		c.trials = append(c.trials, i)
		if len(run.Cells) == 0 {
			c.Trials++
		}
	}
	return all
}

func (all *cells) add(planned record.Cell) *cell {
	c := &cell{Cell: planned, x: all.stated(planned)}
	all.list = append(all.list, c)
	all.byName[record.CellName(planned.Values)] = c
	return c
}

// of returns the cell with the values, which the run may not have planned.
func (all cells) of(values map[string]string) *cell {
	if c := all.byName[record.CellName(values)]; c != nil {
		return c
	}
	return &cell{x: all.stated(record.Cell{Values: values})}
}

// stated is what the record states of the cell's experiment. Of a cell that it
// doesn't know it is what the scenario has for all, save for the topology, which
// may be another one.
func (all cells) stated(c record.Cell) record.Experiment {
	switch {
	case c.Experiment != nil:
		return *c.Experiment
	case len(c.Values) == 0:
		return all.base
	}
	x := all.base
	x.Topology, x.Sustain = record.Topology{}, max(x.Sustain, time.Second)
	return x
}

// topologies are those of the run's labs.
func (all cells) topologies() []record.Topology {
	list := []record.Topology{all.base.Topology}
	for _, c := range all.list {
		list = append(list, c.x.Topology)
	}
	return list
}

// planned returns the cells as they were planned.
func (all cells) planned() []record.Cell {
	var list []record.Cell
	for _, c := range all.list {
		list = append(list, c.Cell)
	}
	return list
}

// planned returns the cells of the run.
func planned(run record.Run, failovers []timeline.Failover) []record.Cell {
	return divide(run, failovers).planned()
}

// conclusive returns the cell's failovers that can be trusted.
func (res *Result) conclusive(c *cell, failovers []timeline.Failover) []timeline.Failover {
	good := make([]timeline.Failover, 0, len(c.trials))
	for _, i := range c.trials {
		if res.Trials[i].Status.judged() {
			good = append(good, failovers[i])
		}
	}
	return good
}
