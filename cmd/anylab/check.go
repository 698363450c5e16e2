package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"anylab/lab/run"
	"anylab/scenarios"
)

func checkCommand() *cobra.Command {
	var set []string
	c := &cobra.Command{
		Use:               "check SCENARIO...",
		Short:             "Check scenarios and suites without running them; needs no root",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeScenarios,
		RunE: func(c *cobra.Command, args []string) error {
			refused, failed := sandboxed(func() error { return check(c.Context(), c.OutOrStdout(), args, set) })
			if refused != nil {
				fmt.Fprintf(c.ErrOrStderr(), "what the kernel lacks can't be told: %v\n", refused)
				return check(c.Context(), c.OutOrStdout(), args, set)
			}
			return failed
		},
	}
	setFlag(c, &set)
	return c
}

// check prints what would be done. What only a sandbox can tell, the kernel's
// part, is left out outside.
func check(ctx context.Context, w io.Writer, args, set []string) error {
	names, err := expand(args)
	if err != nil {
		return err
	}
	for _, name := range names {
		p, err := compile(name, set)
		if err != nil {
			return err
		}
		if err := p.Available(); err != nil {
			return exitError{exitUnavailable, err}
		}
		if err := p.Proofread(ctx); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s: ok\n", p.Scenario.Name)
		for _, step := range p.Steps() {
			fmt.Fprintf(w, "  %s\n", step)
		}
		for _, line := range p.OwnFiles() {
			fmt.Fprintln(w, line)
		}
		for _, line := range p.Theory() {
			fmt.Fprintf(w, "theory: %s\n", line)
		}
	}
	return nil
}

// expand puts the scenarios of a suite in its place.
func expand(names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		if !scenarios.IsSuite(name) {
			all = append(all, name)
			continue
		}
		s, err := scenarios.LoadSuite(name)
		if err != nil {
			return nil, err
		}
		all = append(all, s.Scenarios...)
	}
	return all, nil
}

func setFlag(c *cobra.Command, set *[]string) {
	c.Flags().StringArrayVar(set, "set", nil, "override a `key=value` of the scenario or, as topology.key, of its topology (repeatable)")
}

func compile(name string, set []string) (*run.Plan, error) {
	s, err := scenarios.Load(name, set...)
	if err != nil {
		return nil, err
	}
	return run.Compile(s)
}

func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append(scenarios.Names(), scenarios.SuiteNames()...), cobra.ShellCompDirectiveDefault
}
