package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"anylab/lab/hand"
)

func downCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:     "down [NAME | --all]",
		Short:   "Take a lab down that is kept up, or all",
		Example: "  anylab down\n  anylab down mine\n  anylab down --all",
		Args:    atMost(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			names, _ := hand.Names() // none where they can't be listed
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if all && len(args) > 0 {
				return errors.New("either a name or --all")
			}
			names, err := hand.Names()
			if !all && err == nil {
				var name string
				name, err = hand.Named(append(args, "")[0])
				names = []string{name}
			}
			if err != nil {
				return err
			}
			var errs []error
			for _, name := range names {
				killed, err := hand.Down(name)
				if errs = append(errs, err); killed {
					say(c.ErrOrStderr(), fmt.Sprintf("lab %s did not end by itself: it was killed", name))
				}
			}
			return errors.Join(errs...)
		},
	}
	c.Flags().BoolVar(&all, "all", false, "take all of them down")
	return c
}
