package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"anylab/lab/record"
)

// About describes the plan and the machine: run.json as it stands before the
// first thing is done.
func (p *Plan) About(started time.Time) record.Run {
	text := p.Scenario.Source.String()
	base, _ := known(p.Scenario) // where it names no kind that there is, the matrix does
	sum := sha256.Sum256([]byte(text + p.Scenario.Topology.Source.String()))
	told, named := p.usedFiles()
	run := record.Run{
		ID:             record.ID(started),
		Scenario:       p.Scenario.Name,
		ScenarioSHA256: digest(hex.EncodeToString(sum[:]), named),
		ScenarioYAML:   text,
		TopologyYAML:   p.Scenario.Topology.Source.String(),
		Summary:        p.Scenario.Summary,
		ExperimentSHA:  digest(p.Scenario.Digest(), named),
		Experiment:     facts(base, nil),
		Seed:           p.Seed,
		Command:        p.Command,
		Started:        started.UTC(),
		Anylab:         Version(),
		Kernel:         kernel(),
		CPUs:           runtime.NumCPU(),
		CPU:            processor(),
		Host:           host(),
		Daemons:        p.versions(),
		Timers:         p.timers(),
	}
	run.LeftOut, run.Warnings = p.LeftOut, p.Warnings()
	if p.Validation != nil {
		run.Validation = p.Validation.record()
	}
	run.Shard = p.Shard
	made := p.shares(p.share(p.schedule(p.beginning())))
	for i, c := range p.cells {
		run.Cells = append(run.Cells, c.record())
		if p.Shard != nil {
			run.Cells[i].Trials = made[i]
		}
		if len(c.Cell) == 0 { // the only one
			run.Experiment = facts(c.Scenario, c.faults)
		}
	}
	for _, f := range slices.Concat(told, named) {
		run.Experiment.Files = append(run.Experiment.Files, f.UsedFile)
	}
	return run
}

// Version returns anylab's version as the build recorded it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (version == "" || version == "(devel)") {
			version = fmt.Sprintf("devel-%.12s", s.Value)
		}
	}
	return version
}
