package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"anylab/lab/fault"
	"anylab/lab/hand"
)

func faultCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "fault",
		Short: "Break something in a lab that is up, and mend it",
	}
	c.AddCommand(injectCommand(), healCommand(), faultListCommand())
	return c
}

func injectCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "inject NODE|LINK KIND [KEY=VALUE...]",
		Short: "Break something, and see that it is broken",
		Long: `Inject breaks something and looks whether it is in effect. The kinds are those of
anylab list faults, with their own keys (anylab help faults), and for=3s, after
which it heals by itself.`,
		Example: `  anylab fault inject a service-crash
  anylab fault inject upstream-a loss percent=30% for=5s
  anylab fault inject upstream-a blackhole direction='upstream->a'`,
		Args: atLeast(2),
		ValidArgsFunction: completing(&name, func(l hand.Lab) []string { return append(l.Nodes, l.Links...) },
			func(hand.Lab) []string { return fault.Names() }),
		RunE: func(c *cobra.Command, args []string) error {
			var b hand.Broken
			if err := ask(name, "inject", hand.Injection{Place: args[0], Kind: args[1], Params: args[2:]}, &b); err != nil {
				return err
			}
			text := fmt.Sprintf("fault %d: %s on %s is in effect, injected within %s", b.ID, b.Kind, strings.Join(b.On, "-"), milliseconds(b.Took))
			if !b.Until.IsZero() {
				text += fmt.Sprintf("; it heals by itself after %v", b.Until.Sub(b.Since))
			}
			say(c.OutOrStdout(), text)
			return nil
		},
	}
	labFlag(c, &name)
	return c
}

func healCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:     "heal [ID...]",
		Short:   "Mend what was broken by hand: some of it, or all",
		Example: "  anylab fault heal\n  anylab fault heal 2",
		RunE: func(c *cobra.Command, args []string) error {
			ids := []int{}
			for _, arg := range args {
				id, err := strconv.Atoi(arg)
				if err != nil {
					return fmt.Errorf("%q is no fault's number: anylab fault list shows them", arg)
				}
				ids = append(ids, id)
			}
			lab, err := hand.Named(name)
			if err != nil {
				return err
			}
			line, err := hand.Call(lab, "heal", ids)
			if err != nil {
				return err
			}
			defer line.Close()
			for {
				var b hand.Broken
				if more, err := line.Next(&b); err != nil || !more {
					return err
				}
				say(c.OutOrStdout(), fmt.Sprintf("fault %d: %s on %s is healed, within %s", b.ID, b.Kind, strings.Join(b.On, "-"), milliseconds(b.Took)))
			}
		},
	}
	labFlag(c, &name)
	return c
}

func faultListCommand() *cobra.Command {
	var name, form string
	c := &cobra.Command{
		Use:   "list",
		Short: "List what was broken by hand",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list []hand.Broken
			if err := ask(name, "faults", nil, &list); err != nil {
				return err
			}
			return tabulate(c.OutOrStdout(), form, faultHead, faultRows(list), func() error {
				if table(c.OutOrStdout(), faultHead, faultRows(list)); len(list) == 0 {
					say(c.ErrOrStderr(), "nothing is broken by hand")
				}
				return nil
			})
		},
	}
	labFlag(c, &name)
	formatFlag(c, &form)
	return c
}

var faultHead = []string{"id", "fault", "on", "for", "in effect"}

func faultRows(list []hand.Broken) [][]string {
	var rows [][]string
	for _, b := range list {
		rows = append(rows, []string{strconv.Itoa(b.ID), b.Kind, strings.Join(b.On, "-"), ago(b.Since), yesNo(b.Active)})
	}
	return rows
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
