package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/lab/simulate"
	"anylab/reports"
	"anylab/scenarios"
)

// simulate carries the scenario, or those of the suite, out in virtual time. It needs no
// lab, and nothing of the machine.
func (f *runFlags) simulate(c *cobra.Command, name string) error {
	form := scenarios.FormOf(name)
	if form != scenarios.ScenarioForm && form != scenarios.SuiteForm {
		return fmt.Errorf("%s is no scenario, and what is simulated is one, or a suite of them", name)
	}
	if err := errors.Join(f.withoutLab(name), usableOut(f.out)); err != nil {
		return err
	}
	record.SpendMemory()
	if form == scenarios.SuiteForm {
		return f.suite(c, name)
	}
	p, err := f.plan(c, name)
	if err != nil {
		return err
	}
	started := time.Now()
	path := filepath.Join(f.out, p.Scenario.Name+record.SimulatedDir, record.ID(started))
	if err := imagine(c.Context(), p, path, started); err != nil {
		return exitError{exitUnavailable, fmt.Errorf("simulate %s: %w", name, err)}
	}
	return f.report(c, p, path)
}

// withoutLab says whether a simulation has all that is asked for.
func (f *runFlags) withoutLab(name string) error {
	if len(f.bind)+len(f.env) > 0 || f.asked() || f.keepGoing || f.events+f.metrics != "" {
		return fmt.Errorf("%s is simulated, for which there are --trials, --seed, --set, --shard, --profile, --out, --quiet and --json: the other flags are for labs", name)
	}
	return nil
}

// imagined is the plan of a simulation, as the flags say.
func (f *runFlags) imagined(c *cobra.Command, s scenarios.Scenario) (*run.Plan, error) {
	known, err := profiles(f.profiles)
	if err != nil {
		return nil, err
	}
	return imagined(s, f.drawn(c), known)
}

// imagined is the plan of a simulation.
func imagined(s scenarios.Scenario, seed uint64, known simulate.Profiles) (*run.Plan, error) {
	p, err := run.Compile(s)
	if err != nil {
		return nil, err
	}
	p.Seed, p.Profiles, p.Enough = seed, known, reports.Precise
	if err := p.Simulable(); err != nil {
		return nil, fmt.Errorf("%s can't be simulated: %w", s.Name, err)
	}
	return p, nil
}

// imagine leaves the run directory of a simulation.
func imagine(ctx context.Context, p *run.Plan, path string, started time.Time) error {
	about := p.About(started)
	about.Simulated = p.Profiles.Made(p.Scenario.Topology)
	dir, err := record.Create(path, about)
	if err != nil {
		return err
	}
	return errors.Join(p.Simulate(ctx, dir, about), dir.Close())
}
