package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"anylab/lab/record"
)

func reportCommand() *cobra.Command {
	var json, quiet bool
	c := &cobra.Command{
		Use:   "report RUN-DIRECTORY",
		Short: "Judge a stored run again and remake its reports; needs no root",
		Long: `Report reads a run directory, writes result.json, the reports and the figures
anew, and prints the summary. It exits with the verdict, like run. The directory
of a suite is judged as a whole, and each of its runs.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if record.IsSuite(args[0]) {
				return remakeSuite(c.OutOrStdout(), args[0], json, quiet)
			}
			r, err := load(args[0])
			if err != nil {
				return err
			}
			if err := r.Write(args[0]); err != nil {
				return exitError{exitUnavailable, err}
			}
			return printReport(c.OutOrStdout(), r, json, quiet)
		},
	}
	c.Flags().BoolVar(&json, "json", false, "print result.json instead of the summary")
	c.Flags().BoolVar(&quiet, "quiet", false, "print the verdict only")
	return c
}

func plotCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "plot RUN-DIRECTORY",
		Short: "Draw a stored run's figures again, SVG and PNG",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := load(args[0])
			if err != nil {
				return err
			}
			if out == "" {
				out = filepath.Join(args[0], "figures")
			}
			files, err := r.Plot(out)
			if err != nil {
				return exitError{exitUnavailable, err}
			}
			for _, f := range files {
				fmt.Fprintln(c.OutOrStdout(), filepath.Join(out, f))
			}
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "", "write to this `directory` (default: figures in the run directory)")
	return c
}
