package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"anylab/lab/record"
	"anylab/reports/live"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// source is a record that is whole in itself: its times are of one clock, and it has
// a calibration and an end of its own. A run is one, or is made of several.
type source struct {
	name    string // empty: the run's own record
	dir     string
	run     record.Run
	groups  []record.ProbeGroup
	history timeline.History
	meter   *live.Meter // of what was read; nil: nothing was
	unread  []record.ProbeGroup
	machine string // which tells it from those of other machines; empty: all are alike
	own     Result // what is to be said of the record alone
}

// readPart reads what stands beside the events. Of a part that left nothing the run
// tells all that is known.
func readSource(name, dir string) (*source, error) {
	run, err := record.ReadRun(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &source{name: name, run: record.Run{Outcome: name + " left no record"}}, nil
	}
	if err != nil {
		return nil, err
	}
	return newSource(name, dir, run)
}

func newSource(name, dir string, run record.Run) (*source, error) {
	if run.Experiment == nil {
		return nil, fmt.Errorf("%s doesn't state what was measured: its run.json has no experiment", dir)
	}
	run.FindCutLogs(dir)
	groups, err := record.ProbeGroups(dir)
	if err != nil {
		return nil, fmt.Errorf("read the run's probes: %w", err)
	}
	return &source{name: name, dir: dir, run: run, groups: groups}, nil
}

// eachSource does the same with all of them, as many at a time as there are
// processors: each reads a record of its own.
func eachSource(list []*source, do func(*source) error) error {
	var all errgroup.Group
	all.SetLimit(runtime.NumCPU())
	for _, p := range list {
		all.Go(func() error { return do(p) })
	}
	return all.Wait()
}

// judge judges the part's trials of the cells that are wanted, or of all, and its
// record.
func (p *source) judge(wanted func(cell map[string]string) bool) error {
	if p.dir == "" {
		return nil
	}
	known := divide(p.run, nil)
	experiment := func(cell map[string]string) record.Experiment { return known.of(cell).x }
	var err error
	p.meter, p.unread = live.NewMeter(), slices.Clone(p.groups)
	p.history, err = timeline.Read(timeline.Input{
		CPUs:       p.run.CPUs,
		Events:     teed(record.Events(p.dir), p.meter.Event),
		Groups:     p.groups,
		Spans:      p.spans,
		Experiment: experiment,
		Wanted:     wanted,
	})
	if err == nil && wanted == nil {
		err = p.countRest()
	}
	if err == nil {
		err = p.complete(known)
	}
	if err != nil {
		return fmt.Errorf("read the run's record: %w", err)
	}
	for i := range p.history.Trials {
		f := &p.history.Trials[i]
		c := known.of(f.Cell)
		f.Cut = p.run.Outcome == "interrupted" && i == len(p.history.Trials)-1
		f.Doubts = weigh(f, c.x, c.Theory)
		for k := range f.Clients {
			own := &f.Clients[k]
			own.Doubts = weigh(&own.Failover, c.x, c.Theory)
			for i := range own.Families {
				own.Families[i].Doubts = weigh(&own.Families[i].Failover, c.x, c.Theory)
			}
		}
	}
	if p.name != "" && wanted == nil { // what one lacks another can't make up for
		p.own.unrecorded(p.run.Outcome, divide(p.run, p.history.Trials).list)
	}
	for _, list := range [][]timeline.Failover{p.history.Trials, p.history.Silences} {
		for i := range list {
			list[i].Part = p.name
		}
	}
	p.own.logsCut(p.run.CutLogs)
	p.own.calibrate(p.run, p.history.Silences)
	return nil
}

// spans are the samples of a group, which are counted as they are read.
func (p *source) spans(group string) iter.Seq2[record.Span, error] {
	g := p.groups[slices.IndexFunc(p.groups, func(g record.ProbeGroup) bool { return g.Name == group })]
	p.unread = slices.DeleteFunc(p.unread, func(g record.ProbeGroup) bool { return g.Name == group })
	return teed(record.Spans(p.dir, group), func(s record.Span) { p.meter.Count(g, s) })
}

// countRest counts the samples of groups of which no trial has any.
func (p *source) countRest() error {
	for _, g := range slices.Clone(p.unread) {
		for _, err := range p.spans(g.Name) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// teed has each taken that is read.
func teed[T any](list iter.Seq2[T, error], take func(T)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for one, err := range list {
			if err == nil {
				take(one)
			}
			if !yield(one, err) {
				return
			}
		}
	}
}

// said is a finding about the part's record, for the run.
func (p *source) said(f Finding) Finding {
	if p.name != "" {
		f.Detail = p.name + ": " + f.Detail
	}
	return f
}

// tellApart tells the parts of different machines apart, by numbers, and returns
// what they are: numbers of one say nothing of another.
func tellApart(list []*source) []string {
	var machines, described []string
	for _, p := range list {
		if p.dir != "" && !slices.Contains(machines, machineOf(p.run)) {
			machines = append(machines, machineOf(p.run))
		}
	}
	if len(machines) < 2 {
		return nil
	}
	for i, m := range machines {
		number, own := strconv.Itoa(i+1), []string(nil)
		for _, p := range list {
			if p.dir != "" && machineOf(p.run) == m {
				p.machine, own = number, append(own, p.name)
			}
		}
		described = append(described, fmt.Sprintf("%s is %s (%s)", number, m, strings.Join(own, ", ")))
	}
	return described
}

// machineOf is what a part's numbers may depend on, for people.
func machineOf(r record.Run) string {
	list := []string{r.Kernel, words.Count(r.CPUs, "processor")}
	if r.CPU != "" {
		list = append(list, r.CPU)
	}
	for _, name := range sortedKeys(r.Daemons) {
		list = append(list, name+" "+r.Daemons[name])
	}
	return strings.Join(list, ", ")
}

// ofMachine is a cell of the part's in the run: of another machine it is another
// one.
func (p *source) ofMachine(cell map[string]string) map[string]string {
	if p.machine == "" {
		return cell
	}
	cell = maps.Clone(cell)
	if cell == nil {
		cell = map[string]string{}
	}
	cell["machine"] = p.machine
	if label := cell[record.CellLabel]; label != "" {
		cell[record.CellLabel] = label + ", machine " + p.machine
	}
	return cell
}

// stated is the part's run.json with its cells as the run has them.
func (p *source) stated() record.Run {
	run := p.run
	run.Cells = slices.Clone(run.Cells)
	for i, c := range run.Cells {
		run.Cells[i].Values = p.ofMachine(c.Values)
		if c.Experiment == nil {
			run.Cells[i].Experiment = run.Experiment
		}
	}
	return run
}

// adopt takes over what the part's record shows.
func (r *Report) adopt(p *source) {
	for _, list := range [][]timeline.Failover{p.history.Trials, p.history.Silences} {
		for i := range list {
			list[i].Cell = p.ofMachine(list[i].Cell)
		}
	}
	r.Failovers, r.Silences = append(r.Failovers, p.history.Trials...), append(r.Silences, p.history.Silences...)
}
