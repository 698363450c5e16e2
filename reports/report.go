// Package reports judges a recorded run.
package reports

import (
	"fmt"
	"iter"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// Report is a run directory, read and judged.
type Report struct {
	Dir       string // where its files are
	Run       record.Run
	Groups    []record.ProbeGroup
	Failovers []timeline.Failover // one for each trial of Result, in the same order
	Silences  []timeline.Failover // the known silences before them
	Result    Result
	Figures   []string // files relative to the run directory, once they were drawn

	source string // the run directory that was read
}

// A Loader reads the run directory and judges it.
type Loader func(dir string) (*Report, error)

// Load reads the run directory and judges it. It needs nothing but the
// directory, and changes nothing in it. Its record must state its experiments:
// that of an old anylab is completed first, and judged by Judge.
func Load(dir string) (*Report, error) {
	run, err := record.ReadRun(dir)
	if err != nil {
		return nil, err
	}
	return Judge(dir, run)
}

// Judge judges the record of the run directory. run is its run.json.
func Judge(dir string, run record.Run) (*Report, error) {
	r, err := read(dir, run)
	if err != nil {
		return nil, err
	}
	if err := r.judge(nil); err != nil {
		return nil, err
	}
	return r, nil
}

// read reads what stands beside the events.
func read(dir string, run record.Run) (*Report, error) {
	run.FindCutLogs(dir)
	r := &Report{Dir: dir, source: dir, Run: run}
	if run.Experiment == nil {
		return nil, fmt.Errorf("%s doesn't state what was measured: its run.json has no experiment", dir)
	}
	var err error
	if r.Groups, err = record.ProbeGroups(dir); err != nil {
		return nil, fmt.Errorf("read the run's probes: %w", err)
	}
	return r, nil
}

// judge judges the trials of the cells that are wanted, or of all.
func (r *Report) judge(wanted func(cell map[string]string) bool) error {
	known := divide(r.Run, nil)
	experiment := func(cell map[string]string) record.Experiment { return known.of(cell).x }
	history, err := timeline.Read(timeline.Input{
		CPUs:       r.Run.CPUs,
		Events:     record.Events(r.source),
		Groups:     r.Groups,
		Samples:    func(group string) iter.Seq2[record.Sample, error] { return record.Samples(r.source, group) },
		Experiment: experiment,
		Wanted:     wanted,
	})
	if err != nil {
		return fmt.Errorf("read the run's record: %w", err)
	}
	r.Failovers, r.Silences = history.Trials, history.Silences
	for i, f := range r.Failovers {
		c := known.of(f.Cell)
		r.Failovers[i].Doubts = weigh(f, c.x, c.Theory)
		for k, own := range f.Clients {
			f.Clients[k].Doubts = weigh(own.Failover, c.x, c.Theory)
		}
	}
	r.Result = judge(r.Run, r.Failovers)
	if err := r.complete(history.Kinds, experiment); err != nil {
		return fmt.Errorf("read the run's record: %w", err)
	}
	r.Result.RFC7747 = r.Result.rfc7747(conditions{r.Run, r.Groups}, r.Failovers)
	r.Result.calibrate(r.Run, r.Silences)
	r.validate()
	return nil
}

// ExitCode is 0 if all expectations held, 1 if one did not, 4 if the
// measurement can't be trusted.
func (r *Report) ExitCode() int {
	switch r.Result.Verdict {
	case Pass:
		return 0
	case Fail:
		return 1
	}
	return 4
}
