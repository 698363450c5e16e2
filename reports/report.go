// Package reports judges a recorded run.
package reports

import (
	"fmt"
	"iter"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/scenarios"
)

// Report is a run directory, read and judged.
type Report struct {
	Dir       string // where its files are
	Run       record.Run
	Scenario  scenarios.Scenario
	Groups    []record.ProbeGroup
	Failovers []timeline.Failover // one for each trial of Result, in the same order
	Silences  []timeline.Failover // the known silences before them
	Result    Result
	Figures   []string // files relative to the run directory, once they were drawn

	source string // the run directory that was read
}

// Load reads the run directory and judges it. It needs nothing but the
// directory, and changes nothing in it.
func Load(dir string) (*Report, error) {
	r := &Report{Dir: dir, source: dir}
	var err error
	if r.Run, err = record.ReadRun(dir); err != nil {
		return nil, err
	}
	if r.Scenario, err = scenarios.ParseStored([]byte(r.Run.ScenarioYAML)); err != nil {
		return nil, fmt.Errorf("read the run's scenario: %w", err)
	}
	if r.Groups, err = record.ProbeGroups(dir); err != nil {
		return nil, fmt.Errorf("read the run's probes: %w", err)
	}
	settings, err := r.settings()
	if err != nil {
		return nil, err
	}
	history, err := timeline.Read(timeline.Input{
		CPUs:    r.Run.CPUs,
		Events:  record.Events(dir),
		Groups:  r.Groups,
		Samples: func(group string) iter.Seq2[record.Sample, error] { return record.Samples(dir, group) },
		Setting: settings,
	})
	if err != nil {
		return nil, fmt.Errorf("read the run's record: %w", err)
	}
	r.Failovers, r.Silences = history.Trials, history.Silences
	r.Result = judge(r.Run, r.Scenario, r.Failovers)
	r.Result.RFC7747, err = r.Result.rfc7747(conditions{r.Run, r.Scenario, r.Groups}, r.Failovers)
	if err != nil {
		return nil, err
	}
	r.Result.calibrate(r.Run, r.Silences)
	return r, nil
}

// settings returns what the timeline must know of each cell's experiment.
func (r *Report) settings() (func(map[string]string) timeline.Setting, error) {
	cells, err := r.Scenario.Cells()
	if err != nil {
		return nil, fmt.Errorf("expand the run's matrix: %w", err)
	}
	of := map[string]timeline.Setting{}
	for _, c := range cells {
		of[record.CellName(c.Cell)] = timeline.Setting{Topology: c.Topology, Sustain: c.Sustain}
	}
	return func(cell map[string]string) timeline.Setting {
		if s, ok := of[record.CellName(cell)]; ok {
			return s
		}
		// A cell that the scenario doesn't have: the topology is not known.
		return timeline.Setting{Sustain: max(r.Scenario.Sustain, time.Second)}
	}, nil
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
