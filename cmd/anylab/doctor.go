package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"anylab/lab"
	"anylab/lab/bgp"
)

func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can do, what is missing, and the command that fixes it",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			refused, failed := sandboxed(func() error { return examine(c.OutOrStdout(), nil) })
			if refused != nil {
				return examine(c.OutOrStdout(), refused)
			}
			return failed
		},
	}
}

// examine prints what this machine can do. refused is why there is no
// sandbox to try the rest in.
func examine(w io.Writer, refused error) error {
	found := append(lab.Capabilities(), daemonCapabilities()...)
	if refused != nil {
		c := lab.Capability{Name: "sandbox", Needed: true, Detail: refused.Error()}
		var u lab.Unavailable
		if errors.As(refused, &u) {
			c.Detail, c.Fix = u.What, u.Fix
		}
		found = append(found, c)
	}
	able := true
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range found {
		able = able && (c.OK || !c.Needed)
		fmt.Fprintf(t, "%s\t%s\t%s\n", state(c), c.Name, c.Detail)
		if c.Fix != "" && !c.OK {
			fmt.Fprintf(t, "\t\tfix: %s\n", c.Fix)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if !able {
		return exitError{exitUnavailable, errors.New("this machine can't run labs as it is")}
	}
	return nil
}

func state(c lab.Capability) string {
	switch {
	case c.OK:
		return "ok"
	case c.Needed:
		return "MISSING"
	}
	return "without"
}

func daemonCapabilities() []lab.Capability {
	var list []lab.Capability
	for _, name := range bgp.Names() {
		c := lab.Capability{Name: "daemon " + name}
		d, err := bgp.Named(name)
		if err == nil {
			err = d.Available()
		}
		var u lab.Unavailable
		switch {
		case errors.As(err, &u):
			c.Detail, c.Fix = u.What, u.Fix
		case err != nil:
			c.Detail = err.Error()
		default:
			c.OK, c.Detail = true, d.Version()
		}
		list = append(list, c)
	}
	return list
}
