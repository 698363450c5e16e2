package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"anylab/lab/record"
	"anylab/reports"
)

func reportCommand() *cobra.Command {
	var json, quiet bool
	c := &cobra.Command{
		Use:   "report RUN-DIRECTORY...",
		Short: "Judge a stored run again and remake its reports; needs no root",
		Long: `Report reads a run directory, writes result.json, the reports and the figures
anew, and prints the summary. It exits with the verdict, like run. The directory
of a suite is judged as a whole, and each of its runs; of a soak or a tuning its
sum or its answer is shown again. If nothing can be written there, the summary is
printed all the same.

"latest" is the newest run below out, DIRECTORY/latest the newest below that
directory, and of several directories the newest is meant, as of a pattern. So
it is wherever a run is asked for.`,
		Example: `  anylab report latest
  anylab report out/service-crash/latest
  anylab report out/service-crash/20260102T030405.000Z`,
		Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := newest(c.ErrOrStderr(), args...)
			if err != nil {
				return err
			}
			return remake(c, path, json, quiet)
		},
	}
	c.Flags().BoolVar(&json, "json", false, "print result.json instead of the summary")
	c.Flags().BoolVar(&quiet, "quiet", false, "print the verdict only")
	return c
}

// remake judges what is stored at a path again, or shows it where that can't be.
func remake(c *cobra.Command, path string, json, quiet bool) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return reports.NoRun(path)
	}
	switch {
	case reports.IsSoak(path):
		return remakeSoak(c.OutOrStdout(), path, json, quiet)
	case reports.IsTuning(path):
		return remakeTuning(c, path, json, quiet)
	}
	if a, err := record.ReadArchived(path); err != nil || a != nil {
		if err != nil {
			return err
		}
		return showArchived(c, path, *a, json, quiet)
	}
	if record.IsSuite(path) {
		return remakeSuite(c, path, json, quiet)
	}
	r, err := load(path)
	if err != nil {
		return err
	}
	unwritten := r.Write(path)
	if err := printReport(c.OutOrStdout(), r, json, quiet); unwritten == nil {
		return err
	}
	return notWritten(c.ErrOrStderr(), unwritten, r.ExitCode())
}

// notWritten says that a report was printed and not written, and ends with the
// verdict if that was to be expected: not everybody may write into every run.
func notWritten(stderr io.Writer, err error, verdict int) error {
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return exitError{exitUnavailable, err}
	}
	say(stderr, "anylab: the report is not written: "+err.Error())
	if verdict != exitPass {
		return exitError{code: verdict}
	}
	return nil
}

func plotCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:     "plot RUN-DIRECTORY...",
		Short:   "Draw a stored run's figures again, SVG and PNG",
		Example: `  anylab plot latest --out figures`,
		Args:    atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := newest(c.ErrOrStderr(), args...)
			if err != nil {
				return err
			}
			r, err := load(path)
			if err != nil {
				return err
			}
			if out == "" {
				out = filepath.Join(path, "figures")
			} else if err := writable("--out", out); err != nil {
				return err
			}
			files, err := r.Plot(out)
			if err != nil {
				return exitError{exitUnavailable, err}
			}
			for _, f := range files {
				sayLine(c.OutOrStdout(), filepath.Join(out, f))
			}
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "", "write to this `directory` (default: figures in the run directory)")
	return c
}
