package main

import (
	"fmt"
	"io"
	"path/filepath"

	"anylab/reports"

	"github.com/spf13/cobra"
)

func trendCommand() *cobra.Command {
	var metric, out, form string
	var asJSON, acrossMachines, acrossScenarios bool
	c := &cobra.Command{
		Use:   "trend DIRECTORY...",
		Short: "Show how a metric changed over the runs of a scenario; needs no root",
		Long: `Trend orders runs by their start, prints the median of each with its confidence
interval, finds the runs with which the level changed (E-divisive means), and
draws one figure. A directory is a run, or has runs in it: out/service-crash.
Baselines and result.json files are runs, too.`,
		Example: `  anylab trend out/service-crash
  anylab trend out/silent-drop-bfd --metric detection`,
		Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := knownTime(metric); err != nil {
				return fmt.Errorf("--metric: %w", err)
			}
			if err := writable("--out", out); err != nil {
				return err
			}
			paths, err := allMatches(args)
			if err != nil {
				return err
			}
			runs, err := reports.History(paths, load)
			if err != nil {
				return err
			}
			t, err := reports.MakeTrend(runs, metric, acrossMachines, acrossScenarios)
			if err != nil {
				return err
			}
			if asJSON {
				form = "json"
			}
			return showTrend(c.OutOrStdout(), t, form, out)
		},
	}
	c.Flags().StringVar(&metric, "metric", "outage", "the `metric`: a time, as in expectations")
	c.Flags().StringVar(&out, "out", filepath.Join("out", "trend"), "draw the figure into this `directory`")
	documentFlag(c, &form)
	c.Flags().BoolVar(&asJSON, "json", false, "the same as --format json")
	c.Flags().BoolVar(&acrossMachines, "across-machines", false, "runs may be of different machines")
	c.Flags().BoolVar(&acrossScenarios, "across-scenarios", false, "the scenario may have changed")
	return c
}

// showTrend draws the trend into a directory and writes it in a form.
func showTrend(w io.Writer, t reports.Trend, form, dir string) error {
	files, err := t.Plot(dir)
	if err != nil {
		return exitError{exitUnavailable, err}
	}
	if err := printDocument(w, form, t); err != nil || form != "table" && form != "text" {
		return err
	}
	for _, f := range files {
		sayLine(w, filepath.Join(dir, f))
	}
	return nil
}

// allMatches returns the files that the arguments mean; one that means none stands for
// itself.
func allMatches(args []string) ([]string, error) {
	var paths []string
	for _, arg := range args {
		found, err := matches(arg)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			found = []string{arg}
		}
		paths = append(paths, found...)
	}
	return paths, nil
}
