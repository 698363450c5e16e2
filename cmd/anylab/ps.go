package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"anylab/lab/hand"
)

func psCommand() *cobra.Command {
	var form string
	c := &cobra.Command{
		Use:   "ps",
		Short: "List the labs that are up",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			names, err := hand.Names()
			if err != nil {
				return err
			}
			var rows [][]string
			for _, name := range names {
				if l, err := hand.About(name); err == nil { // else it has just ended
					rows = append(rows, []string{l.Name, l.Of, strconv.Itoa(len(l.Nodes)), ago(l.Since), l.State, strconv.Itoa(l.PID)})
				}
			}
			head := []string{"lab", "of", "nodes", "for", "state", "process"}
			return tabulate(c.OutOrStdout(), form, head, rows, func() error {
				if table(c.OutOrStdout(), head, rows); len(rows) == 0 {
					say(c.ErrOrStderr(), "no lab is up")
				}
				return nil
			})
		},
	}
	formatFlag(c, &form)
	return c
}
