package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/lab/simulate"
	"anylab/reports"
	"anylab/scenarios"
	"anylab/topologies/document"
)

type tuneFlags struct {
	runFlags
	goal   string
	vary   []string
	budget string
}

func tuneCommand() *cobra.Command {
	var f tuneFlags
	c := &cobra.Command{
		Use:   "tune SCENARIO",
		Short: "Find the timers that meet a goal and fail over falsely the least",
		Long: `Tune searches the ranges of --vary in simulation for settings that meet the goal,
in every cell of the scenario's matrix, and computes how often each fails over
falsely under stress: loss, jitter, stops of the daemon. The best is tried in a lab,
or the next one where that does not hold, and then stressed there without a fault.
Of the lab's time half is for the goal and half for the stress.

Exit codes: 0 a setting meets the goal; 1 none does, and what comes nearest is
named; 4 the lab could not tell. anylab help tune says how that is computed, and what it does not say.`,
		Example: `  anylab tune silent-drop-bfd --goal 'p95(outage) < 200ms' --vary bfd.interval=10ms..300ms
  anylab tune mine.yaml --goal 'p95(outage) < 500ms' --vary bfd.interval=10ms..300ms --vary services.dns.health.interval=50ms..1s --budget 8h
  anylab tune mine.yaml --goal 'max(outage) < 1s' --vary bfd.interval=50ms..1s --vary bfd.multiplier=3..5 --simulate`,
		Args:              exactly(1),
		ValidArgsFunction: completeScenarios,
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	setFlag(c, &f.set)
	c.Flags().StringVar(&f.goal, "goal", "", "what must hold in every cell, as an `expectation` with < or <= of a time: p95(outage) < 500ms")
	c.Flags().StringArrayVar(&f.vary, "vary", nil, "search this `KEY=LOW..HIGH`, a key as --set takes it; times and whole numbers (repeatable)")
	c.Flags().StringVar(&f.budget, "budget", "8m", "spend so long a `time` in the lab; more of it bounds false failovers lower")
	c.Flags().BoolVar(&f.simulated, "simulate", false, "search only: no lab, and no root")
	c.Flags().StringArrayVar(&f.profiles, "profile", nil, "take a daemon's times from this `file` of anylab profile in the search (repeatable)")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the faults' moments (default: random)")
	c.Flags().StringVar(&f.out, "out", "out", "write below this `directory`")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print the answer only")
	c.Flags().BoolVar(&f.json, "json", false, "print tune.json instead of the summary")
	return c
}

// run checks everything where the user stands, then once more inside the sandbox, where
// the lab is. A search alone needs none.
func (f *tuneFlags) run(c *cobra.Command, name string) error {
	if err := usableOut(f.out); err != nil {
		return err
	}
	t, err := f.asked(c, name)
	if err != nil {
		return err
	}
	if f.simulated {
		return t.tune(c)
	}
	if err := errors.Join(lab.Limits(), t.available()); err != nil {
		return err
	}
	refused, failed := f.sandboxed(c, f.quiet, func() error { return t.tune(c) })
	return errors.Join(refused, failed)
}

// tuner searches for a setting.
type tuner struct {
	*tuneFlags
	name   string
	goal   record.Expectation
	axes   []axis
	known  simulate.Profiles
	bare   scenarios.Scenario // as it is without a choice
	budget time.Duration
	end    time.Time     // of the lab's time
	each   time.Duration // of a trial in the lab, its set-up included: an upper bound
	dir    string
	tried  map[string]bool // settings, by name
	found  *reports.Tuning
	out    *cobra.Command
}

// asked reads what is asked for, and checks it.
func (f *tuneFlags) asked(c *cobra.Command, name string) (*tuner, error) {
	t := &tuner{tuneFlags: f, name: name, tried: map[string]bool{}, out: c}
	switch form := scenarios.FormOf(name); {
	case name == "-":
		return nil, errors.New("a tuning reads the scenario again and again: give its path")
	case form != scenarios.ScenarioForm:
		return nil, fmt.Errorf("%s is no scenario, and what is tuned is one", name)
	case f.goal == "":
		return nil, errors.New("--goal is missing: what must hold, as --goal 'p95(outage) < 500ms'")
	case len(f.vary) == 0:
		return nil, errors.New("--vary is missing: what may be chosen, as --vary bfd.interval=10ms..300ms")
	}
	var err error
	if t.bare, err = scenarios.Load(name, f.set...); err != nil {
		return nil, err
	}
	if t.goal, err = goalOf(t.bare, f.goal); err != nil {
		return nil, err
	}
	for _, v := range f.vary {
		a, err := newAxis(v)
		if err != nil {
			return nil, err
		}
		t.axes = append(t.axes, a)
	}
	if err = t.takes(); err != nil {
		return nil, err
	}
	if err = t.decides(); err != nil {
		return nil, err
	}
	if t.budget, err = document.ParseDuration(f.budget); err != nil {
		return nil, fmt.Errorf("--budget %s: %w", f.budget, err)
	}
	if t.known, err = profiles(f.profiles); err != nil {
		return nil, err
	}
	if !c.Flags().Changed("seed") {
		f.seed = rand.Uint64()
	}
	t.found = reports.NewTuning(t.bare.Name, t.goal)
	t.found.Command, t.found.Started, t.found.Lab = command(c, name, f.seed), time.Now().UTC(), !f.simulated
	if err := t.stressed(); err != nil {
		return nil, err
	}
	return t, t.measured(c.Context())
}

// goalOf reads a goal, which bounds a time from above.
func goalOf(s scenarios.Scenario, text string) (record.Expectation, error) {
	e, err := scenarios.ParseExpectation(text)
	if err == nil && e.Of != "" && e.Is == "" {
		_, err = s.Requirement(e.Subject() + e.Op + "1s") // which knows who asks
	}
	unit, _ := record.UnitOf(e.Metric)
	switch {
	case err != nil:
	case e.Is != "" || unit != record.Milliseconds:
		err = fmt.Errorf("%s is no time: a goal is how long something takes at most, as in p95(outage) < 500ms", e.Subject())
	case !strings.HasPrefix(e.Op, "<"):
		err = fmt.Errorf("%s leaves open how long it takes: a goal has < or <=, as in p95(outage) < 500ms", e.Op)
	case e.Op == "<" && e.Value <= 0:
		err = errors.New("no time is below zero, so nothing can meet this: a goal has < of a time above zero, or <=, as in p95(outage) < 500ms")
	}
	if err != nil {
		return e, document.Flagged("--goal", text).Errorf("", "%v", err)
	}
	return e, nil
}

// takes says whether the scenario takes both ends of every axis.
func (t *tuner) takes() error {
	for i, a := range t.axes {
		set := slices.Clone(t.set)
		for k, other := range t.axes {
			if k != i {
				set = append(set, other.set(other.low))
			}
		}
		for _, v := range []float64{a.low, a.high} {
			s, err := scenarios.Load(t.name, append(set[:len(set):len(set)], a.set(v))...)
			if err == nil {
				_, err = run.Compile(s)
			}
			if err != nil {
				return errors.New(strings.ReplaceAll(err.Error(), "--set:", "--vary:"))
			}
		}
	}
	return nil
}

// available says what the machine lacks for the lab.
func (t *tuner) available() error {
	p, err := run.Compile(t.bare)
	if err != nil {
		return err
	}
	if err := p.Available(); err != nil {
		return exitError{exitUnavailable, err}
	}
	return nil
}

// tune searches, tries the best in the lab, and says what was found, also if it was
// interrupted.
func (t *tuner) tune(c *cobra.Command) error {
	ctx, stop := untilInterrupted(c.Context())
	defer stop()
	t.dir = filepath.Join(t.runFlags.out, t.bare.Name+tuneDir, record.ID(t.found.Started))
	if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return exitError{exitUnavailable, err}
	}
	p, err := run.Compile(t.bare)
	if err == nil {
		about := p.About(t.found.Started)
		t.found.Anylab, t.found.Kernel, t.found.CPUs, t.found.CPU = about.Anylab, about.Kernel, about.CPUs, about.CPU
		err = t.search(ctx)
	}
	if err == nil && !t.simulated {
		err = t.inLab(ctx)
	}
	t.found.Outcome = "completed"
	if err != nil {
		t.found.Outcome = err.Error()
	}
	if ctx.Err() != nil {
		t.found.Outcome, err = "interrupted", context.Canceled
	}
	return t.report(c, err)
}

// tuneDir ends the name of the directory with a scenario's tunings.
const tuneDir = ".tune"

// report writes and prints what was found, and turns it into the exit code.
func (t *tuner) report(c *cobra.Command, failed error) error {
	t.found.Best()
	t.found.Paste = t.paste()
	t.found.Notes = t.notes()
	if err := t.found.Save(t.dir); err != nil {
		return exitError{exitUnavailable, errors.Join(failed, err)}
	}
	err := printTuning(c.OutOrStdout(), t.found, t.dir, t.json, t.quiet)
	switch {
	case errors.Is(failed, context.Canceled):
		return exitError{exitInterrupted, errors.New("interrupted")}
	case failed != nil:
		return exitError{exitUnavailable, failed}
	}
	return err
}

// printTuning prints what was found, and turns it into the exit code.
func printTuning(w io.Writer, t *reports.Tuning, dir string, json, quiet bool) error {
	var err error
	switch {
	case json:
		err = printDocument(w, "json", t)
	case quiet:
		sayLine(w, t.Says)
	default:
		if err = printDocument(w, "table", t); err == nil {
			sayLine(w, "\n"+filepath.Join(dir, "report.html"))
		}
	}
	switch {
	case err == nil && t.Unsure:
		return exitError{code: exitInconclusive}
	case err == nil && !t.Found:
		return exitError{code: exitFail}
	}
	return err
}

// remakeTuning writes the pages of a tuning anew.
func remakeTuning(c *cobra.Command, dir string, json, quiet bool) error {
	t, err := reports.LoadTuning(dir, scenarios.ParseExpectation)
	if err != nil {
		return exitError{exitInconclusive, err}
	}
	unwritten := t.Save(dir)
	err = printTuning(c.OutOrStdout(), t, dir, json, quiet)
	if exit := (exitError{}); unwritten != nil && (err == nil || errors.As(err, &exit)) {
		return notWritten(c.ErrOrStderr(), unwritten, exit.code)
	}
	return err
}
