package internet

import (
	"context"
	"fmt"
	"path/filepath"

	"anylab/lab/record"
	"anylab/scenarios"
)

// Experiments are the cells of a scenario.
type Experiments []*Experiment

// Load reads or makes the graphs of a scenario's cells, and finds out whether each
// can be simulated.
func Load(s scenarios.Internet) (Experiments, error) {
	cells, err := s.Cells()
	if err != nil {
		return nil, err
	}
	graphs := map[string]*Graph{}
	var list Experiments
	for _, c := range cells {
		x := &Experiment{scenario: c}
		x.about.Graph = fmt.Sprintf("generated (%d ASes, seed %d)", c.ASes, c.GraphSeed)
		key := x.about.Graph
		if c.Relationships != "" {
			x.about.Graph, key = filepath.Base(c.Relationships), c.Relationships
		}
		if graphs[key] == nil {
			if graphs[key], err = graphOf(c); err != nil {
				return nil, c.InCell(err)
			}
		}
		x.bare = graphs[key]
		x.about.ASes, x.about.Links, x.about.Rules = x.bare.Len(), x.bare.Links(), x.rules()
		if err := x.attach(); err != nil {
			return nil, c.InCell(err)
		}
		x.at = nil
		list = append(list, x)
	}
	return list, nil
}

func graphOf(s scenarios.Internet) (*Graph, error) {
	if s.Relationships == "" {
		return Generate(s.ASes, s.GraphSeed), nil
	}
	links, err := ReadLinks(s.Relationships)
	if err != nil {
		return nil, err
	}
	return NewGraph(links), nil
}

// About is what a run's record says of them beforehand.
func (list Experiments) About() (*record.Internet, []record.Cell) {
	var cells []record.Cell
	for _, x := range list {
		for _, values := range x.cases() {
			c := record.Cell{Values: values, Trials: x.scenario.Trials}
			if len(list) > 1 {
				c.Internet = &x.about
			}
			cells = append(cells, c)
		}
	}
	return &list[0].about, cells
}

// Run simulates every trial of each cell in turn.
func (list Experiments) Run(ctx context.Context, seed uint64, out record.Sink, done func(n, of int, what string)) error {
	_, cells := list.About()
	made, all := 0, 0
	for _, c := range cells {
		all += c.Trials
	}
	numbered := record.SinkFunc(func(e record.Event) {
		e.At = record.Time(made)
		out.Emit(e)
	})
	for _, x := range list {
		if err := x.attach(); err != nil {
			return err
		}
		err := x.run(ctx, seed, numbered, func(what string) {
			made++
			done(made, all, what)
		})
		if err != nil {
			return x.scenario.InCell(err)
		}
		x.at = nil
	}
	return nil
}
