package main

import (
	"cmp"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"anylab/lab/hand"
)

func execCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "exec NODE [-L LAB] -- COMMAND [ARGUMENT...]",
		Short: "Run a command on a node of a lab that is up",
		Example: `  anylab exec a -- ip route
  anylab exec upstream -- vtysh -c 'show bgp summary'
  anylab exec london -- ping -c 3 192.0.2.100`,
		Args: cobra.MatchAll(atLeast(1), func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return errors.New("the command is missing: anylab exec NODE -- COMMAND; anylab shell NODE starts a shell")
			}
			return nil
		}),
		ValidArgsFunction: completing(&name, nodesOf),
		RunE:              func(_ *cobra.Command, args []string) error { return comeIn(name, args[0], args[1:]...) },
	}
	labFlag(c, &name)
	return c
}

func shellCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:               "shell NODE [-L LAB]",
		Short:             "Start a shell on a node of a lab that is up",
		Example:           "  anylab shell a",
		Args:              exactly(1),
		ValidArgsFunction: completing(&name, nodesOf),
		RunE: func(_ *cobra.Command, args []string) error {
			return comeIn(name, args[0], cmp.Or(os.Getenv("SHELL"), "/bin/sh"))
		},
	}
	labFlag(c, &name)
	return c
}

// comeIn runs a command on a node, whose exit code becomes this program's.
func comeIn(name, node string, args ...string) error {
	lab, err := hand.Named(name)
	if err != nil {
		return err
	}
	code, err := hand.Exec(lab, node, args...)
	if code != 0 {
		return exitError{code, err}
	}
	return err
}
