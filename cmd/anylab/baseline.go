package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"anylab/reports"
	"anylab/topologies/document"
)

func baselineCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Keep a run's measurements in the repository, and check runs against them",
	}
	c.AddCommand(baselineSaveCommand(), baselineCheckCommand())
	return c
}

func baselineSaveCommand() *cobra.Command {
	var f compareFlags
	var force bool
	c := &cobra.Command{
		Use:   "save NAME RUN",
		Short: "Store a run's measurements as a baseline",
		Long: `Save writes every metric of every conclusive trial, and what the run was made
of, to reports/baselines/NAME.json: a few kilobytes, one line a metric, to be
committed. A run that is in doubt as a whole, or has no conclusive trial, is
refused with exit code 4: no check against it could tell anything.`,
		Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := document.CheckFileName(args[0]); err != nil {
				return err
			}
			if isPattern(args[0]) {
				return fmt.Errorf("a baseline can't be called %q: that means the newest run", args[0])
			}
			s, err := runSamples(c, args[1])
			if err != nil {
				return err
			}
			if s.Run.Simulated {
				return fmt.Errorf("%s was simulated, and a baseline is of what was measured", args[1])
			}
			if why := s.Useless(); why != "" && !force {
				return exitError{exitInconclusive, fmt.Errorf("%s is inconclusive (%s), and every check against it would be: make another run, or save it all the same with --force", args[1], why)}
			} else if why != "" {
				say(c.ErrOrStderr(), fmt.Sprintf("warning: %s is inconclusive (%s), and every check against it will be", args[1], why))
			}
			path := f.baseline(args[0])
			if err := s.Save(path); err != nil {
				return exitError{exitUnavailable, err}
			}
			sayLine(c.OutOrStdout(), path)
			return nil
		},
	}
	f.addDir(c)
	c.Flags().BoolVar(&force, "force", false, "save a run that is inconclusive, too")
	return c
}

func baselineCheckCommand() *cobra.Command {
	var f compareFlags
	var ratio bool
	var reference string
	c := &cobra.Command{
		Use:   "check NAME RUN",
		Short: "Compare a run with a baseline",
		Long: `Check compares RUN with the baseline NAME, as compare does, with the same exit
codes.

With --ratio, each run's cells are first expressed as multiples of a reference
cell of the same run, so that a machine that is slower by some factor doesn't
look like a regression; runs of different machines may then be compared. It
can't see what slows both cells by the same factor, it is less sensitive (four
samples' chance enters, not two's), and on timers, which are the same on every
machine, there is nothing for it to cancel.`,
		Example: `  anylab baseline save main out/service-crash/20260102T030405.000Z
  anylab baseline check main latest`,
		Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			base, err := reports.ReadSamples(f.baseline(args[0]), load) // whatever else is called so
			if err != nil {
				return fmt.Errorf("no baseline %s: %w", args[0], err)
			}
			head, err := f.samples(c, args[1])
			if err != nil {
				return err
			}
			if head.Run.Simulated {
				return fmt.Errorf("%s was simulated, and a baseline is of what was measured (anylab compare says how far the two agree)", args[1])
			}
			if ratio || reference != "" {
				return f.compareRatios(c, base, head, reference)
			}
			return f.compare(c, base, head)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&ratio, "ratio", false, "compare ratios to a reference cell of the same run, across machines")
	c.Flags().StringVar(&reference, "reference", "", "the reference `cell`, as reports name it (default: the baseline's first); implies --ratio")
	return c
}

func (f *compareFlags) compareRatios(c *cobra.Command, base, head reports.Samples, reference string) error {
	t, err := f.thresholds()
	if err != nil {
		return err
	}
	if err := reports.Comparable(base, head, true, f.acrossScenarios); err != nil {
		return err
	}
	changes, err := reports.CompareRatios(base, head, reference, t)
	if err != nil {
		return err
	}
	changes.Caveats()
	return f.print(c, changes)
}
