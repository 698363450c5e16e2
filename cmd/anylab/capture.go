package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"anylab/lab/hand"
)

func captureCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "capture LINK",
		Short: "Write all packets of a link of a lab that is up to standard output, in pcapng",
		Example: `  anylab capture upstream-a | wireshark -k -i -
  anylab capture upstream-a > upstream-a.pcapng`,
		Args:              exactly(1),
		ValidArgsFunction: completing(&name, func(l hand.Lab) []string { return l.Links }),
		RunE: func(c *cobra.Command, args []string) error {
			if term.IsTerminal(1) {
				return errors.New("packets are no text for a terminal: anylab capture " + args[0] + " > FILE, or | wireshark -k -i -")
			}
			lab, err := hand.Named(name)
			if err != nil {
				return err
			}
			line, err := hand.Call(lab, "capture", args[0], os.Stdout)
			if err != nil {
				return err
			}
			defer line.Close()
			var dropped int
			if _, err = line.Next(&dropped); dropped > 0 {
				say(c.ErrOrStderr(), fmt.Sprintf("%d packets were dropped: they were not read fast enough", dropped))
			}
			return err
		},
	}
	labFlag(c, &name)
	return c
}
