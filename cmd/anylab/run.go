package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports"
	"anylab/scenarios"
)

type runFlags struct {
	trials    int
	seed      uint64
	out       string
	set       []string
	bind      []string
	env       []string
	shard     string
	keepGoing bool
	quiet     bool
	json      bool
	besideFlags
	letIn
	simulated bool
	profiles  []string

	calibration run.Calibration // in place of the short one, unless empty
	print       reports.Format  // in place of the summary, unless nil
}

func runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run SCENARIO|SUITE",
		Short: "Build the lab, break it, measure, and judge",
		Long: `Run carries a scenario out: a shipped name (see anylab list), a path, or - for
standard input. It leaves a run directory with the raw record, a report and
figures, prints a summary, and exits with the verdict. The scenarios of a suite
are run in turn, each in a directory of its own, with one verdict: the worst. Of a
suite --shard is of each scenario.

How many trials are made in each cell is the scenario's to say: a number, or a
rule that stops once the result is precise enough (trials: {min: 10, max: 100,
until: ci95(median(outage)) < 5%}). --trials 30 makes 30 whatever it says, and
--set can change the rule.`,
		Example: `  anylab run service-crash
  anylab run link-down --trials 30 --seed 7
  anylab run service-crash --set services.dns.health.interval=50ms
  anylab run service-crash --set 'trials={max: 60, until: ci95(median(outage)) < 5%}'`,
		Args:              scenarioNamed,
		ValidArgsFunction: completeScenarios,
		RunE: func(c *cobra.Command, args []string) error {
			return f.run(c, args[0])
		},
	}
	setFlag(c, &f.set)
	c.Flags().IntVar(&f.trials, "trials", 0, "make this `number` of trials in every cell, whatever the scenario and its cells say, a rule to stop by (until) included")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the faults' moments and of the cells' order (default: random)")
	c.Flags().StringVar(&f.shard, "shard", "", "make the part `K/N` of the trials, and judge nothing: anylab merge does; auto: as the batch engine says (see anylab help engines)")
	c.Flags().StringVar(&f.out, "out", "out", "write the run directory below this `directory`")
	c.Flags().BoolVar(&f.simulated, "simulate", false, "carry it out in virtual time, without a lab (see anylab help simulation)")
	c.Flags().StringArrayVar(&f.profiles, "profile", nil, "with --simulate, take a daemon's times from this `file` of anylab profile (repeatable)")
	c.Flags().BoolVar(&f.keepGoing, "keep-going", false, "go on with the next cell after one that could not be carried out")
	exposeFlags(c, &f.bind, &f.env)
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print the verdict only")
	c.Flags().BoolVar(&f.json, "json", false, "print result.json instead of the summary")
	f.besideFlags.add(c)
	f.letIn.add(c)
	return c
}

// run checks the scenario where the user stands, then once more inside the
// sandbox, where it is carried out. Standard input can be read only once, so
// what comes from there is checked inside only.
func (f *runFlags) run(c *cobra.Command, name string) error {
	if c.Flags().Changed("shard") && f.shard == "" {
		return errors.New("--shard is empty: want K/N, with K from 1 to N, or auto")
	}
	if scenarios.FormOf(name) == scenarios.InternetForm {
		return f.internet(c, name) // with and without --simulate: there is no other way
	}
	if len(f.profiles) > 0 && !f.simulated {
		return errors.New("--profile is for --simulate: what a lab's daemons take is measured")
	}
	if f.simulated {
		return f.simulate(c, name)
	}
	if err := f.letIn.check(name); err != nil {
		return err
	}
	if err := lab.Limits(); err != nil {
		return err
	}
	if f.json && f.events == "-" {
		return errors.New("--json and --events - both want standard output: give --events a path")
	}
	check, inside := f.check, f.inside
	switch scenarios.FormOf(name) {
	case scenarios.SuiteForm:
		check, inside = f.checkSuite, f.suite
	case scenarios.TopologyForm:
		return fmt.Errorf("%s is a topology, and what is run is a scenario on one: anylab run service-crash --set topology=%s", name, name)
	}
	if err := usableOut(f.out); err != nil {
		return err
	}
	if !lab.InSandbox() && name != "-" {
		if err := check(c, name); err != nil {
			return err
		}
	}
	if f.asked() && lab.Outside() {
		door, err := f.open(name, &f.carry)
		if err != nil {
			return err
		}
		defer door.Close()
		defer f.carry.Close()
	}
	refused, failed := f.sandboxed(c, f.quiet || f.asked(), func() error { return inside(c, name) })
	return errors.Join(refused, failed)
}

func (f *runFlags) check(c *cobra.Command, name string) error {
	_, err := f.plan(c, name)
	return err
}

func (f *runFlags) plan(c *cobra.Command, name string) (*run.Plan, error) {
	p, err := f.whole(c, name)
	if err == nil {
		err = f.divide(c, p)
	}
	if err != nil {
		return nil, err
	}
	p.Command = command(c, name, p.Seed)
	return p, nil
}

// whole is the plan of all trials, whatever --shard says.
func (f *runFlags) whole(c *cobra.Command, name string) (*run.Plan, error) {
	s, err := scenarios.Load(name, f.set...)
	if err == nil && c.Flags().Changed("trials") {
		s, err = s.WithTrials(f.trials)
	}
	if err != nil {
		return nil, err
	}
	if f.simulated {
		return f.imagined(c, s)
	}
	p, err := run.Compile(s)
	if err != nil {
		return nil, err
	}
	return f.prepared(c, p)
}

// prepared checks what the machine needs for the plan, and sets what flags say.
func (f *runFlags) prepared(c *cobra.Command, p *run.Plan) (_ *run.Plan, err error) {
	if p.Exposed, err = exposed(f.bind); err != nil {
		return nil, err
	}
	if p.Env, err = passed(f.env); err != nil {
		return nil, err
	}
	if err := p.Available(); err != nil {
		return nil, exitError{exitUnavailable, err}
	}
	if err := errors.Join(p.Fits(), p.Size().OnDisk(f.out)); err != nil {
		return nil, exitError{exitUnavailable, err}
	}
	if err := p.Proofread(c.Context()); err != nil {
		return nil, err
	}
	p.Seed, p.KeepGoing, p.Enough = f.drawn(c), f.keepGoing, reports.Precise
	if f.calibration.Each > 0 {
		p.Calibration = f.calibration
	}
	return p, nil
}

// drawn is the seed: the user's, or any.
func (f *runFlags) drawn(c *cobra.Command) uint64 {
	if c.Flags().Changed("seed") {
		return f.seed
	}
	return rand.Uint64()
}

func (f *runFlags) inside(c *cobra.Command, name string) error {
	p, err := f.plan(c, name)
	if err != nil {
		return err
	}
	return f.perform(c, p)
}

// perform carries the plan out, and reports.
func (f *runFlags) perform(c *cobra.Command, p *run.Plan) error {
	ctx, stop := untilInterrupted(c.Context())
	defer stop()
	if !f.asked() {
		return f.performed(ctx, c, p)
	}
	return f.host(ctx, c, p, stop, func() error { return f.performed(ctx, c, p) })
}

func (f *runFlags) performed(ctx context.Context, c *cobra.Command, p *run.Plan) error {
	path, err := f.execute(ctx, c.ErrOrStderr(), p)
	if path == "" {
		return err
	}
	err = judgeable(c.ErrOrStderr(), err, path)
	if err != nil {
		sayLine(c.ErrOrStderr(), "recorded so far: "+path)
		if !errors.Is(err, context.Canceled) {
			if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, record.ErrRemoved) {
				err = errors.Join(err, partial(path))
			}
			return exitError{failure(err), err}
		}
	}
	reported := f.report(c, p, path)
	if err == nil {
		return reported
	}
	var verdict exitError
	if errors.As(reported, &verdict) && verdict.err == nil {
		reported = nil // what so few trials come to is printed, but it is not the exit code
	}
	return exitError{code: exitInterrupted, err: errors.Join(errors.New("interrupted"), reported)}
}

// failure is the exit code of a run that could not be carried out: the user's
// own file may be why.
func failure(err error) int {
	if refused := (bgp.Refused{}); errors.As(err, &refused) {
		return exitUsage
	}
	return exitUnavailable
}

// judgeable takes the error away from a run that made trials and ended because
// a lab did not settle again: the machine is too busy, or the lab is not what
// it was. That is for the verdict to say.
func judgeable(stderr io.Writer, err error, path string) error {
	if err == nil || !unsettled(err) {
		return err
	}
	if r, lerr := reports.Load(path); lerr != nil || len(r.Result.Trials) == 0 {
		return err
	}
	say(stderr, "ended early: "+err.Error())
	return nil
}

// unsettled says whether nothing else failed than that labs did not settle.
func unsettled(err error) bool {
	var several interface {
		error
		Unwrap() []error
	}
	if errors.As(err, &several) {
		return !slices.ContainsFunc(several.Unwrap(), func(e error) bool { return !unsettled(e) })
	}
	var gate *run.GateError
	return errors.As(err, &gate)
}

// partial writes the report of a run that ended early, as far as its record
// goes: without a trial it says what the run has ended with.
func partial(path string) error {
	r, err := reports.Load(path)
	if err != nil {
		return nil
	}
	return r.Write(path)
}

// execute carries the plan out and returns its run directory's path, empty
// when it could not be made.
func (f *runFlags) execute(ctx context.Context, stderr io.Writer, p *run.Plan) (string, error) {
	started := time.Now()
	path := filepath.Join(f.out, p.Scenario.Name, record.ID(started))
	err := f.carryOut(ctx, stderr, p, path, started)
	if errors.Is(err, errNoDirectory) {
		return "", exitError{exitUnavailable, err}
	}
	return path, err
}

// errNoDirectory says that nothing was recorded.
var errNoDirectory = errors.New("no run directory")

// carryOut carries the plan out and records it in the directory path.
func (f *runFlags) carryOut(ctx context.Context, stderr io.Writer, p *run.Plan, path string, started time.Time) error {
	if f.simulated {
		return imagine(ctx, p, path, started)
	}
	about := p.About(started)
	dir, err := record.Create(path, about)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoDirectory, err)
	}
	for _, line := range record.LeftOutLines(p.LeftOut) {
		say(stderr, "left out: "+line)
	}
	if !f.quiet {
		for _, line := range about.Warnings {
			say(stderr, "warning: "+line)
		}
	}
	if size := p.Size(); size.Large() && !f.quiet {
		say(stderr, fmt.Sprintf("%s needs %v", p.Scenario.Name, size))
	}
	f.begun(path)
	ui := newProgress(stderr, f.quiet, f.besideFlags)
	err = p.Execute(ctx, dir, about, ui)
	if cerr := dir.Close(); err == nil {
		err = cerr // else it is the first failure that counts
	}
	f.ended()
	return err
}

// report judges the run directory, writes its reports and prints the summary.
func (f *runFlags) report(c *cobra.Command, p *run.Plan, path string) error {
	stdout := c.OutOrStdout()
	r, err := reports.Load(path)
	if err != nil {
		return exitError{exitInconclusive, err}
	}
	if err := r.Write(path); err != nil {
		return exitError{exitUnavailable, err}
	}
	if err := tellGitHub(c.ErrOrStderr(), r, p.Scenario); err != nil {
		return exitError{exitUnavailable, err}
	}
	if f.print != nil && !f.json {
		if err := f.print(stdout, r); err != nil {
			return err
		}
		return verdict(r)
	}
	return printReport(stdout, r, f.json, f.quiet)
}

// printReport prints what the user asked for and turns the verdict into the
// exit code.
func printReport(stdout io.Writer, r *reports.Report, json, quiet bool) error {
	format := reports.Terminal(terminal(stdout))
	switch {
	case json:
		format = reports.JSON
	case quiet:
		format = reports.Verdict
	}
	if err := format(stdout, r); err != nil {
		return err
	}
	return verdict(r)
}

// verdict turns that of what was printed into the exit code.
func verdict(r interface{ ExitCode() int }) error {
	if code := r.ExitCode(); code != exitPass {
		return exitError{code: code}
	}
	return nil
}
