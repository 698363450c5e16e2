package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports"
	"anylab/scenarios"

	"github.com/spf13/cobra"
)

// member is one scenario of a suite: its plan, or why there is none.
type member struct {
	plan *run.Plan
	idle bool  // the shard of the suite that is made has no trial of it
	err  error // this machine can't run it
}

// members loads every scenario of a suite and checks it. Overrides and flags
// apply to each. A mistake in one is an error of the suite; what this machine
// can't run is, too, unless the rest shall be run all the same.
func (f *runFlags) members(c *cobra.Command, s scenarios.Suite) ([]member, error) {
	one := f.member
	if f.shard != "" {
		shard, seed, err := f.seeded(c)
		if err != nil {
			return nil, err
		}
		one = func(c *cobra.Command, name string) (member, error) { return f.divided(c, name, shard, seed) }
	}
	var list []member
	for _, name := range s.Scenarios {
		m, err := one(c, name)
		var exit exitError
		switch {
		case err == nil:
			list = append(list, m)
		case errors.As(err, &exit) && exit.code == exitUnavailable && f.keepGoing:
			list = append(list, member{err: fmt.Errorf("%s: %w", name, err)})
		default:
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return list, nil
}

// member is a whole scenario.
func (f *runFlags) member(c *cobra.Command, name string) (m member, err error) {
	m.plan, err = f.plan(c, name)
	return m, err
}

// divided is a scenario with the trials of it that are the shard's.
func (f *runFlags) divided(c *cobra.Command, name string, s record.Shard, seed uint64) (m member, err error) {
	if m.plan, err = f.whole(c, name); err != nil {
		return m, err
	}
	m.plan.Seed, m.plan.Command = seed, command(c, name, seed)
	m.idle, err = m.plan.DivideOf(s)
	return m, err
}

// checkSuite finds whatever can be wrong with a suite before a lab is built.
func (f *runFlags) checkSuite(c *cobra.Command, name string) error {
	s, err := scenarios.LoadSuite(name)
	if err != nil {
		return err
	}
	_, err = f.members(c, s)
	return err
}

// suite runs a suite's scenarios in turn and prints one verdict.
func (f *runFlags) suite(c *cobra.Command, name string) error {
	s, err := scenarios.LoadSuite(name)
	if err != nil {
		return err
	}
	list, err := f.members(c, s)
	if err != nil {
		return err
	}
	started := time.Now()
	rec := newSuite(s, list, started)
	if err := f.describe(c, &rec, name); err != nil {
		return err
	}
	dir := filepath.Join(f.out, rec.Folder(), record.ID(started))
	ctx, stop := untilInterrupted(c.Context())
	defer stop()
	if err := record.WriteSuite(dir, rec); err != nil {
		return exitError{exitUnavailable, err}
	}
	err = f.runMembers(ctx, c.ErrOrStderr(), list, dir, &rec)
	rec.Ended = time.Now().UTC()
	if err := errors.Join(err, record.WriteSuite(dir, rec)); err != nil {
		return exitError{exitUnavailable, err}
	}
	judged, err := judgeSuite(dir)
	if err != nil {
		return err
	}
	if err := tellGitHubSuite(c.ErrOrStderr(), judged, list); err != nil {
		return exitError{exitUnavailable, err}
	}
	err = printSuite(c.OutOrStdout(), judged, dir, f.json, f.quiet)
	if ctx.Err() != nil {
		return exitError{exitInterrupted, errors.New("interrupted")}
	}
	return err
}

// describe notes what the flags say of a suite.
func (f *runFlags) describe(c *cobra.Command, rec *record.Suite, name string) error {
	rec.KeepGoing, rec.Simulated = f.keepGoing, f.simulated
	if f.shard == "" {
		return nil
	}
	s, seed, err := f.seeded(c)
	rec.Shard, rec.Command = &s, command(c, name, seed)
	return err
}

// newSuite describes a suite before its first run. Members whose scenarios
// have one name are told apart by a number.
func newSuite(s scenarios.Suite, list []member, started time.Time) record.Suite {
	rec := record.Suite{Name: s.Name, Summary: s.Summary, Notes: s.Notes, Started: started.UTC()}
	var taken []string
	for i, m := range list {
		name := filepath.Base(s.Scenarios[i])
		if m.plan != nil {
			name = m.plan.Scenario.Name
		} else if known, err := scenarios.Load(s.Scenarios[i]); err == nil { // on another machine it has a plan
			name = known.Name
		}
		dir := name
		for n := 2; slices.Contains(taken, dir); n++ {
			dir = fmt.Sprintf("%s-%d", name, n)
		}
		taken = append(taken, dir)
		rec.Members = append(rec.Members, record.SuiteMember{Scenario: name, Dir: dir, Idle: m.idle, Err: errorText(m.err)})
	}
	return rec
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// runMembers carries the members out, each in a directory of its own, and
// notes in rec what became of them. It stops at an interrupt, and at the first
// one that could not be carried out, unless the rest shall be run all the same.
// Its error is about the directory.
func (f *runFlags) runMembers(ctx context.Context, stderr io.Writer, list []member, dir string, rec *record.Suite) error {
	for i, m := range list {
		if m.err != nil || m.idle {
			continue
		}
		if !f.quiet {
			sayLine(stderr, fmt.Sprintf("== %d of %d: %s", i+1, len(list), rec.Members[i].Scenario))
		}
		path := filepath.Join(dir, rec.Members[i].Dir)
		err := f.carryOut(ctx, stderr, m.plan, path, time.Now())
		if ctx.Err() != nil {
			rec.Outcome = "interrupted"
			return partial(path)
		}
		err = judgeable(stderr, err, path)
		if err != nil {
			rec.Members[i].Err = err.Error()
		}
		if err := errors.Join(record.WriteSuite(dir, *rec), partial(path)); err != nil {
			return err
		}
		if err != nil && !f.keepGoing {
			rec.Outcome = rec.Members[i].Scenario + " could not be carried out"
			return nil
		}
	}
	rec.Outcome = "completed"
	return nil
}

// judgeSuite judges a suite's directory and writes its reports.
func judgeSuite(dir string) (*reports.Suite, error) {
	s, err := reports.LoadSuite(dir, load)
	if err != nil {
		return nil, exitError{exitInconclusive, err}
	}
	if err := s.Write(dir); err != nil {
		return nil, exitError{exitUnavailable, err}
	}
	return s, nil
}

// printSuite prints what the user asked for and turns the verdict into the exit
// code.
func printSuite(stdout io.Writer, s *reports.Suite, dir string, json, quiet bool) error {
	var err error
	switch {
	case json:
		err = s.JSON(stdout)
	case quiet:
		_, err = fmt.Fprintln(stdout, s.Result.Verdict)
	default:
		err = s.Terminal(stdout, dir, terminal(stdout))
	}
	if err != nil {
		return err
	}
	return verdict(s)
}

// remakeSuite writes the reports of a stored suite and of its members anew.
func remakeSuite(c *cobra.Command, dir string, json, quiet bool) error {
	s, err := reports.LoadSuite(dir, load)
	if err != nil {
		return exitError{exitInconclusive, err}
	}
	return reportSuite(c, s, dir, json, quiet)
}

// reportSuite writes the reports of a suite and of its members, and prints its own.
func reportSuite(c *cobra.Command, s *reports.Suite, dir string, json, quiet bool) error {
	unwritten := s.Write(dir)
	for _, r := range s.Reports {
		if r != nil && unwritten == nil {
			unwritten = r.Write(r.Dir)
		}
	}
	if err := printSuite(c.OutOrStdout(), s, dir, json, quiet); unwritten == nil {
		return err
	}
	return notWritten(c.ErrOrStderr(), unwritten, s.ExitCode())
}
