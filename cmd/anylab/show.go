package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"anylab/scenarios"
	"anylab/topologies"
)

func showCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: "Print a shipped scenario or topology, to start one's own from",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(scenarios.Names(), topologies.Names()...), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			text, ok := scenarios.Shipped(args[0])
			if !ok {
				text, ok = topologies.Shipped(args[0])
			}
			if !ok {
				return fmt.Errorf("no scenario or topology %q is shipped; see anylab list", args[0])
			}
			_, err := c.OutOrStdout().Write(text)
			return err
		},
	}
}
