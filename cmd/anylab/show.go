package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"anylab/scenarios"
	"anylab/topologies"
)

func showCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a shipped scenario, suite or topology, to start one's own from",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return slices.Concat(scenarios.Names(), scenarios.SuiteNames(), topologies.Names()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			text, ok := scenarios.Shipped(args[0])
			if !ok {
				text, ok = scenarios.ShippedSuite(args[0])
			}
			if !ok {
				text, ok = topologies.Shipped(args[0])
			}
			if !ok {
				return fmt.Errorf("no scenario, suite or topology %q is shipped; see anylab list", args[0])
			}
			_, err := c.OutOrStdout().Write(text)
			return err
		},
	}
}
