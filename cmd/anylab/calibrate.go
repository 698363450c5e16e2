package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"anylab/lab/run"
	"anylab/reports"
)

func calibrateCommand() *cobra.Command {
	f := runFlags{}
	var rate, flows, each int
	c := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure silences of known length: is this machine fit to measure?",
		Long: `Calibrate makes silences of known length on the way of a client's requests,
and times at which nothing is cut, and measures them as it measures an outage.
It prints true and measured lengths and exits with 4 if this machine, as busy as
it is now, can't be trusted.

A run begins with a short form of this; its error is in the report.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if each < 1 {
				return fmt.Errorf("--each %d: at least one silence of each length must be made", each)
			}
			f.set = []string{"topology=three-sites", "trials=1", "probes.0.rate=" + strconv.Itoa(rate) + "/s", "probes.0.flows=" + strconv.Itoa(flows)}
			f.calibration = run.FullCalibration
			f.calibration.Each = each
			f.print = reports.Silences(terminal(c.OutOrStdout()))
			return f.run(c, "no-fault")
		},
	}
	c.Flags().IntVar(&rate, "rate", 1000, "requests a second")
	c.Flags().IntVar(&flows, "flows", 16, "source ports that they come from")
	c.Flags().IntVar(&each, "each", 20, "silences of each length")
	c.Flags().StringVar(&f.out, "out", "out", "write the run directory below this `directory`")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the silences' moments (default: random)")
	c.Flags().BoolVar(&f.json, "json", false, "print result.json instead of the table")
	return c
}
