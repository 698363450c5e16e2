package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"anylab/reports"

	"github.com/spf13/cobra"
)

// compareFlags are those of every command that compares.
type compareFlags struct {
	format          string
	relative        string
	absolute        []string
	metrics         []string
	acrossMachines  bool
	acrossScenarios bool
	baselines       string // directory
}

func (f *compareFlags) add(c *cobra.Command) {
	documentFlag(c, &f.format)
	c.Flags().StringVar(&f.relative, "threshold", "5%", "a shift of the median that is a smaller `share` of the base's is no regression")
	c.Flags().StringArrayVar(&f.absolute, "threshold-abs", nil,
		"nor is one shorter than this `time`; for one metric: installation=1ms (repeatable; default 10ms, stages 3ms)")
	c.Flags().StringSliceVar(&f.metrics, "metric", nil, "compare these `metrics` only")
	c.Flags().BoolVar(&f.acrossMachines, "across-machines", false, "compare runs of different machines all the same")
	c.Flags().BoolVar(&f.acrossScenarios, "across-scenarios", false, "compare runs of different scenarios all the same")
	f.addDir(c)
}

func (f *compareFlags) addDir(c *cobra.Command) {
	c.Flags().StringVar(&f.baselines, "dir", "", "`directory` of the baselines (default: reports/baselines in the current repository)")
}

func compareCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare BASE HEAD",
		Short: "Say whether one run is slower than another one; needs no root",
		Long: `Compare sets two runs side by side, cell by cell and metric by metric. BASE and
HEAD are run directories, result.json files or baselines (a file, or a name
under reports/baselines). "latest" is the newest run below out, out/NAME/latest
that of a scenario.

A regression is a shift of the median that is significant (Mann-Whitney U,
corrected for all rows after Westfall and Young, so that metrics that move
together count once) and larger than both thresholds. Trials that were not
restored rank as longer than any other; inconclusive ones are left out and
counted.

Exit codes: 1 a regression; 4 it can't be told; 0 neither; 2 the runs are of
different machines or scenarios.`,
		Example: `  anylab compare out/service-crash/20260102T030405.000Z out/service-crash/20260102T040506.000Z
  anylab compare main latest --format markdown`,
		Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			base, head, err := f.read(c, args[0], args[1])
			if err != nil {
				return err
			}
			return f.compare(c, base, head)
		},
	}
	f.add(c)
	return c
}

func (f *compareFlags) read(c *cobra.Command, base, head string) (b, h reports.Samples, err error) {
	if b, err = f.samples(c, base); err != nil {
		return b, h, err
	}
	h, err = f.samples(c, head)
	return b, h, err
}

// samples reads what a user names: a path, a baseline, or the newest run.
func (f *compareFlags) samples(c *cobra.Command, name string) (reports.Samples, error) {
	_, err := os.Stat(name)
	if errors.Is(err, os.ErrNotExist) && !isPattern(name) && !strings.ContainsRune(name, filepath.Separator) {
		path := f.baseline(name)
		if _, err := os.Stat(path); err == nil {
			return reports.ReadSamples(path, load)
		}
		return reports.Samples{}, fmt.Errorf("%s is neither a run directory or file nor a baseline (%s)", name, path)
	}
	return runSamples(c, name)
}

// runSamples reads a run, which may be named as the newest.
func runSamples(c *cobra.Command, name string) (reports.Samples, error) {
	path, err := newest(c.ErrOrStderr(), name)
	if err != nil {
		return reports.Samples{}, err
	}
	return reports.ReadSamples(path, load)
}

// baseline is the path of a baseline.
func (f *compareFlags) baseline(name string) string {
	dir := f.baselines
	if dir == "" {
		dir = filepath.Join(repository(), "reports", "baselines")
	}
	return filepath.Join(dir, name+".json")
}

// repository is the directory above this one that git keeps, or this one.
func repository() string {
	start, err := os.Getwd()
	if err != nil {
		return "."
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return start
		}
	}
}

func (f *compareFlags) compare(c *cobra.Command, base, head reports.Samples) error {
	if g, ok, err := reports.Agree(base, head); ok {
		return f.agree(c, g, err)
	}
	t, err := f.thresholds()
	if err != nil {
		return err
	}
	if err := reports.Comparable(base, head, f.acrossMachines, f.acrossScenarios); err != nil {
		return err
	}
	changes := reports.Compare(base, head, t)
	changes.Caveats()
	return f.print(c, changes)
}

// agree says how far a simulation agrees with a measurement.
func (f *compareFlags) agree(c *cobra.Command, g reports.Agreement, err error) error {
	if err != nil {
		return err
	}
	if err := reports.Write(c.OutOrStdout(), f.format, g, terminal(c.OutOrStdout())); err != nil {
		return err
	}
	return verdict(g)
}

// print writes the comparison and turns its verdict into the exit code.
func (f *compareFlags) print(c *cobra.Command, changes reports.Changes) error {
	if err := printDocument(c.OutOrStdout(), f.format, changes); err != nil {
		return err
	}
	if err := tellGitHubChanges(c.ErrOrStderr(), changes); err != nil {
		return exitError{exitUnavailable, err}
	}
	return verdict(changes)
}
