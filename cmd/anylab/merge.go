package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"anylab/lab/record"
	"anylab/reports"

	"github.com/spf13/cobra"
)

func mergeCommand() *cobra.Command {
	var out string
	var json, quiet bool
	c := &cobra.Command{
		Use:   "merge DIRECTORY...",
		Short: "Make one run of its shards, and judge it; needs no root",
		Long: `Merge makes one run of the shards that anylab run --shard has recorded, each
maybe on another machine, and judges it as one: with the trials, the seed and the
moments of the run that was not divided. Of the shards of a suite it makes one
suite, each scenario of which is judged as one. A directory is a shard's, or has
them below. What is missing, damaged, there twice, of another version, scenario or
seed is named, and nothing is made then. Shards of machines that differ in kernel,
processors or daemons are judged apart.

The shards stay as they are: the run has links to their files, or copies. See
anylab help engines.`,
		Example: `  anylab merge shards/*
  anylab merge out/timers --quiet`,
		Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := writable("--out", out); err != nil {
				return err
			}
			return mergeAndReport(c, args, out, json, quiet)
		},
	}
	c.Flags().StringVar(&out, "out", "out", "write the run directory below this `directory`")
	c.Flags().BoolVar(&json, "json", false, "print result.json instead of the summary")
	c.Flags().BoolVar(&quiet, "quiet", false, "print the verdict only")
	return c
}

// mergeAndReport makes one run or one suite of the shards, and judges it.
func mergeAndReport(c *cobra.Command, dirs []string, out string, json, quiet bool) error {
	_, there := os.Stat(out)
	path, err := mergeShards(dirs, out, unread)
	if err != nil {
		return err
	}
	if record.IsSuite(path) {
		s, err := loadMerged(path)
		if err != nil {
			return discard(path, err)
		}
		return reportSuite(c, s, path, json, quiet)
	}
	r, err := load(path)
	if err != nil || lacking(r) != nil {
		failed := discard(path, err)
		if there != nil {
			_ = os.Remove(out)
		}
		if path, err = mergeShards(dirs, out, undamaged); err != nil { // which names the shard
			return err
		}
		if r, err = load(path); err != nil {
			return errors.Join(failed, discard(path, err))
		}
	}
	if err := r.Write(path); err != nil {
		return exitError{exitUnavailable, err}
	}
	return printReport(c.OutOrStdout(), r, json, quiet)
}

// loadMerged reads a suite that was made of shards, each run of which can be judged.
func loadMerged(path string) (*reports.Suite, error) {
	s, err := reports.LoadSuite(path, load)
	if err != nil {
		return nil, err
	}
	for i, m := range s.Result.Members {
		if m.Err != s.Record.Members[i].Err {
			return nil, errors.New(m.Err)
		}
	}
	return s, nil
}

// discard removes what was made of shards and can't be judged, which every reader below
// its directory would stumble over.
func discard(path string, err error) error {
	gone := os.RemoveAll(path)
	_ = os.Remove(filepath.Dir(path)) // which it can't be while there is something in it
	return exitError{exitInconclusive, errors.Join(fmt.Errorf("what these shards made is removed: %w", err), gone)}
}

// undamaged reads the record of a shard that came to its end, and refuses one that lacks
// some of it.
func undamaged(dir string) error {
	r, err := load(dir)
	if err != nil {
		return err
	}
	return lacking(r)
}

// unread takes a shard as it is: reading each by itself would take as long again as
// reading what they make.
func unread(string) error { return nil }

// lacking says what a record lacks that has to be there.
func lacking(r *reports.Report) error {
	if i := slices.IndexFunc(r.Result.Findings, reports.Finding.EndsTrust); i >= 0 {
		return errors.New(r.Result.Findings[i].Name + ": " + r.Result.Findings[i].Detail)
	}
	return nil
}

// distinct leaves out what was there before, by another path maybe.
func distinct(dirs []string) []string {
	var seen []os.FileInfo
	return slices.DeleteFunc(dirs, func(dir string) bool {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		if slices.ContainsFunc(seen, func(known os.FileInfo) bool { return os.SameFile(info, known) }) {
			return true
		}
		seen = append(seen, info)
		return false
	})
}

// shardDepth is how far below a directory shards are looked for: engines and CI
// systems put every task's out into a directory of its own.
const shardDepth = 6

// mergeShards makes the run, of shards that pass a check, or the suite, and returns its
// directory.
func mergeShards(args []string, out string, check func(dir string) error) (string, error) {
	var dirs []string
	for _, arg := range args {
		if _, err := os.Stat(arg); errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("%s: there is no such directory; want those of shards, which anylab run --shard leaves", arg)
		}
		found := record.ShardsBelow(shardDepth, arg)
		if len(found) == 0 {
			return "", fmt.Errorf("%s: there is no shard of a run: want directories that anylab run --shard has made, or one that has them below it, not as links", arg)
		}
		dirs = append(dirs, found...)
	}
	dirs = distinct(dirs)
	runs := slices.DeleteFunc(slices.Clone(dirs), record.IsSuite)
	switch len(runs) {
	case 0:
		return record.MergeSuite(out, dirs, undamaged)
	case len(dirs):
		return record.Merge(out, dirs, check)
	}
	return "", fmt.Errorf("%s is of a run, and others are of a suite: merge them by themselves", runs[0])
}
