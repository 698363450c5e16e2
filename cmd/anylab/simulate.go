package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/lab/simulate"
	"anylab/reports"
	"anylab/scenarios"
)

// simulate carries the scenario out in virtual time. It needs no lab, and nothing of
// the machine.
func (f *runFlags) simulate(c *cobra.Command, name string) error {
	if form := scenarios.FormOf(name); form != scenarios.ScenarioForm {
		return fmt.Errorf("%s is no scenario, and what is simulated is one", name)
	}
	if err := errors.Join(f.withoutLab(name), usableOut(f.out)); err != nil {
		return err
	}
	s, err := scenarios.Load(name, f.set...)
	if err == nil && c.Flags().Changed("trials") {
		s, err = s.WithTrials(f.trials)
	}
	if err != nil {
		return err
	}
	seed := f.seed
	if !c.Flags().Changed("seed") {
		seed = rand.Uint64()
	}
	known, err := profiles(f.profiles)
	if err != nil {
		return err
	}
	p, err := imagined(s, seed, known)
	if err == nil {
		err = f.divide(c, p)
	}
	if err != nil {
		return err
	}
	p.Command = command(c, name, p.Seed)
	spendMemory()
	started := time.Now()
	path := filepath.Join(f.out, s.Name+record.SimulatedDir, record.ID(started))
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
