package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/topologies/document"
)

func archiveCommand() *cobra.Command {
	var older string
	var dry bool
	c := &cobra.Command{
		Use:   "archive DIRECTORY...",
		Short: "Drop the probes and captures of old runs, and keep what comparisons need; needs no root",
		Long: `Archive removes every request and every packet of runs that are old enough: most of
what a run takes of the disk. What it keeps is what the run means (result.json), its
pages, its events and logs: trend, compare and baseline read it as before, and report
shows what was found. Such a run can't be judged or drawn anew. Each is judged once
more before; one that is damaged, has another verdict than result.json, or has not
ended, stays as it is and is named. A directory is a run, or has runs below it (out).
A run is whole or archived, also if this is killed.

Exit codes: 0; 2 if a run is damaged or has another verdict; 3 if the disk refuses.`,
		Example: `  anylab archive out --older 30d --dry-run
  anylab archive out/service-crash --older 12h`,
		Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			age, err := ageOf(older)
			if err != nil {
				return fmt.Errorf("--older %s: %w", older, err)
			}
			paths, err := allMatches(args)
			if err != nil {
				return err
			}
			return archive(c, paths, time.Now().Add(-age), dry)
		},
	}
	c.Flags().StringVar(&older, "older", "30d", "runs that ended so long a `time` ago: days (30d), or a duration")
	c.Flags().BoolVar(&dry, "dry-run", false, "list what would go, and do nothing")
	return c
}

// ageOf reads days or a duration.
func ageOf(text string) (time.Duration, error) {
	const most = 36500
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil || n > most {
			return 0, fmt.Errorf("want a number of days up to %d, as in 30d, or a duration, as in 12h", most)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	return document.ParseDuration(text)
}

// runsOf lists the runs below the paths, each once.
func runsOf(paths []string) (dirs []string, err error) {
	known := map[string]bool{}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			return nil, err
		}
		found := runsIn(path)
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: there is no run", path)
		}
		for _, dir := range found {
			real, err := filepath.EvalSymlinks(dir)
			if err == nil {
				real, err = filepath.Abs(real)
			}
			if err != nil {
				return nil, err
			}
			if !known[real] { // by another path
				known[real], dirs = true, append(dirs, dir)
			}
		}
	}
	return dirs, nil
}

// archive archives the runs below the paths that ended before a time.
func archive(c *cobra.Command, paths []string, before time.Time, dry bool) error {
	dirs, err := runsOf(paths)
	if err != nil {
		return err
	}
	var errs []error
	runs, young, all := 0, 0, int64(0)
	for _, dir := range dirs {
		freed, err := archiveRun(dir, before, dry)
		var kept keeps
		switch {
		case errors.Is(err, errYoung):
			young++
		case errors.As(err, &kept):
			sayLine(c.OutOrStdout(), fmt.Sprintf("%s stays as it is: %s", dir, kept))
		case err != nil:
			errs = append(errs, fmt.Errorf("%s stays as it is: %w", dir, err))
		case freed > 0:
			runs, all = runs+1, all+freed
			sayLine(c.OutOrStdout(), fmt.Sprintf("%s: %s", dir, record.Size(freed)))
		}
	}
	verb := "archived"
	if dry {
		verb = "would be archived"
	}
	text := fmt.Sprintf("%d of %d runs %s: %s", runs, len(dirs), verb, record.Size(all))
	if young > 0 {
		text += fmt.Sprintf("; %d ended too short a time ago", young)
	}
	sayLine(c.OutOrStdout(), text)
	failed := errors.Join(errs...)
	if exit := (exitError{}); errors.As(failed, &exit) {
		return exitError{exit.code, failed}
	}
	return failed
}

// keeps is why a run that is not damaged stays as it is.
type keeps string

func (k keeps) Error() string { return string(k) }

const (
	errYoung  = keeps("it ended too short a time ago")
	errGoesOn = keeps("it goes on, or was killed")
	errNet    = keeps("it is a simulation of the Internet, which has no probes")
)

// runsIn lists the runs below a path, those of suites as well.
func runsIn(path string) (list []string) {
	for _, dir := range record.AllBelow(3, path) {
		if record.IsRun(dir) {
			list = append(list, dir)
			continue
		}
		members, _ := os.ReadDir(dir) // a suite's
		for _, m := range members {
			if member := filepath.Join(dir, m.Name()); record.IsRun(member) {
				list = append(list, member)
			}
		}
	}
	return list
}

// archiveRun archives a run that ended before a time, and returns how many bytes go.
func archiveRun(dir string, before time.Time, dry bool) (freed int64, err error) {
	run, err := record.ReadRun(dir)
	switch {
	case err != nil:
		return 0, err
	case run.Internet != nil:
		return 0, errNet
	case run.Ended.IsZero():
		return 0, errGoesOn
	case run.Ended.After(before):
		return 0, errYoung
	}
	gone, err := record.Archivable(dir, run)
	for _, g := range gone {
		freed += g.Bytes
	}
	if err != nil {
		return 0, err
	}
	known, err := record.ReadArchived(dir)
	dry = dry || len(gone) == 0
	if err == nil && known == nil {
		err = keepResult(dir, dry)
	}
	if err != nil || dry {
		return freed, err
	}
	if err := record.Archive(dir, run, time.Now()); err != nil {
		return 0, exitError{exitUnavailable, err}
	}
	return freed, nil
}

// keepResult judges a run once more, and writes what it means and its pages, unless it is
// damaged or dry is asked for.
func keepResult(dir string, dry bool) error {
	r, err := load(dir)
	if err == nil {
		err = r.Damage()
	}
	if err != nil || dry {
		return err
	}
	if err := r.Write(dir); err != nil {
		return exitError{exitUnavailable, err}
	}
	return nil
}

// showArchived prints what was found of a run that is archived.
func showArchived(c *cobra.Command, dir string, a record.Archived, json, quiet bool) error {
	say(c.ErrOrStderr(), dir+": "+a.String()+". What follows is what it meant then; nothing can be judged or drawn anew")
	res, err := reports.ReadResult(dir)
	if err != nil {
		return err
	}
	name := "report.md"
	if json {
		name = "result.json"
	}
	text, err := record.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	if quiet {
		text = []byte(string(res.Verdict) + "\n")
	}
	if _, err := io.Copy(c.OutOrStdout(), bytes.NewReader(text)); err != nil {
		return err
	}
	return verdict(&reports.Report{Result: res})
}
