// Package reports judges a recorded run.
package reports

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

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

	sources []*source // whose record was read: the run's own, or those that it is made of
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
	if run.Internet != nil {
		return r, r.judgeInternet()
	}
	if err := r.judge(nil); err != nil {
		return nil, err
	}
	return r, nil
}

// read reads what stands beside the events, of every part.
func read(dir string, run record.Run) (*Report, error) {
	r := &Report{Dir: dir, Run: run}
	if len(run.Parts) == 0 {
		p, err := newSource("", dir, run)
		if err != nil {
			return nil, err
		}
		r.Run, r.Groups, r.sources = p.run, p.groups, []*source{p}
		return r, nil
	}
	for _, name := range run.Parts {
		p, err := readSource(name, record.PartDir(dir, name))
		if err != nil {
			return nil, err
		}
		r.sources = append(r.sources, p)
		for _, g := range p.groups { // which most parts have alike
			if !slices.ContainsFunc(r.Groups, func(known record.ProbeGroup) bool { return known.Name == g.Name && maps.Equal(known.Cell, g.Cell) }) {
				r.Groups = append(r.Groups, g)
			}
		}
	}
	return r, r.agree()
}

// agree refuses run.json that is not what its parts' make. Which of them have left no
// record is told otherwise.
func (r *Report) agree() error {
	var parts []record.Run
	for _, p := range r.sources {
		if p.dir != "" {
			parts = append(parts, p.run)
		}
	}
	if len(r.Run.Parts) == 0 || len(parts) < len(r.sources) {
		return nil
	}
	if err := r.Run.MadeOf(parts); err != nil {
		return fmt.Errorf("%s is damaged: %w", filepath.Join(r.Dir, "run.json"), err)
	}
	return nil
}

// judge judges the trials of the cells that are wanted, or of all: each by its
// part, and what they come to together.
func (r *Report) judge(wanted func(cell map[string]string) bool) error {
	if err := eachSource(r.sources, func(p *source) error { return p.judge(wanted) }); err != nil {
		return err
	}
	machines := r.together()
	for _, p := range r.sources {
		r.adopt(p)
	}
	r.Result = judge(r.Run, r.Failovers)
	if len(machines) > 0 {
		r.Result.Findings = append(r.Result.Findings, Finding{"machines-differ", Note, "their trials are judged apart: " + strings.Join(machines, "; ")})
	}
	r.Result.RFC7747 = r.Result.rfc7747(conditions{r.Run, r.Groups}, r.Failovers)
	for _, p := range r.sources {
		for _, f := range p.own.Findings {
			r.Result.Findings = append(r.Result.Findings, p.said(f))
		}
		if p.own.Verdict == Inconclusive {
			r.Result.Verdict = Inconclusive
		}
	}
	r.Result.Calibration = r.calibration()
	r.Result.Parts = r.partInfos()
	r.validate()
	r.sideBySide()
	r.asShard()
	return nil
}

// together completes the run's facts by those of the parts that it is made of, and
// tells their machines apart.
func (r *Report) together() (machines []string) {
	if len(r.Run.Parts) == 0 {
		return nil
	}
	machines = tellApart(r.sources)
	var runs []record.Run
	for _, p := range r.sources {
		runs = append(runs, p.stated())
	}
	r.Run = r.Run.Together(runs)
	return machines
}

// ExitCode is 0 if all expectations held, 1 if one did not, 4 if the
// measurement can't be trusted; 0 of a shard that was recorded.
func (r *Report) ExitCode() int {
	switch r.Result.Verdict {
	case Pass, Recorded:
		return 0
	case Fail:
		return 1
	}
	return 4
}
