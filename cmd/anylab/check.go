package main

import (
	"fmt"

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
				fmt.Fprintf(c.OutOrStdout(), "%s: ok\n", p.Scenario.Name)
				for _, step := range p.Steps() {
					fmt.Fprintf(c.OutOrStdout(), "  %s\n", step)
				}
			}
			return nil
		},
	}
	setFlag(c, &set)
	return c
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
