package main

import (
	"io"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/hand"
	"anylab/reports/page"
	"anylab/reports/words"
)

// labFlag lets the user name the lab that is meant.
func labFlag(c *cobra.Command, name *string) {
	c.Flags().StringVarP(name, "lab", "L", "", "the `LAB` that is meant, where several are up (see anylab ps)")
	_ = c.RegisterFlagCompletionFunc("lab", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		names, _ := hand.Names() // none where they can't be listed
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// completing completes an argument out of what the lab has.
func completing(name *string, parts ...func(l hand.Lab) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		var l hand.Lab
		lab, err := hand.Named(*name)
		if err != nil || len(args) >= len(parts) || hand.Ask(lab, "about", nil, &l) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return parts[len(args)](l), cobra.ShellCompDirectiveNoFileComp
	}
}

func nodesOf(l hand.Lab) []string { return l.Nodes }

// ask asks the lab that is meant for one thing.
func ask(name, do string, with, v any) error {
	lab, err := hand.Named(name)
	if err != nil {
		return err
	}
	return hand.Ask(lab, do, with, v)
}

// table prints rows under a head, in columns.
func table(w io.Writer, head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	all := [][]string{head}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = page.Line(cell) // an answer, or what a daemon says, may have several
		}
		all = append(all, cells)
	}
	for _, lines := range page.Columns(all, nil, terminal(w)) {
		for _, line := range lines {
			sayLine(w, line)
		}
	}
}

// ago says how long something has lasted.
func ago(t time.Time) string { return time.Since(t).Round(time.Second).String() }

func milliseconds(d time.Duration) string {
	return words.Milliseconds(float64(d) / float64(time.Millisecond))
}
