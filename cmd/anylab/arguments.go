package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"anylab/scenarios"
)

// exactly asks for n arguments and says what is missing, and how it is written.
func exactly(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := atMost(n)(c, args); err != nil {
			return err
		}
		return atLeast(n)(c, args)
	}
}

// atMost refuses more than n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return fmt.Errorf("%q is one argument too many: %s", args[n], c.UseLine())
		}
		return nil
	}
}

// atLeast asks for n arguments or more.
func atLeast(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) >= n {
			return nil
		}
		what := strings.Fields(c.Use)[1+len(args)]
		text := fmt.Sprintf("%s is missing: %s", strings.TrimSuffix(what, "..."), c.UseLine())
		if c.Example != "" {
			text += "\nfor instance:\n" + c.Example
		}
		return fmt.Errorf("%s", text)
	}
}

// instances are the scenarios that are named to those who name none.
var instances = strings.Fields("service-crash link-down silent-drop-bfd")

// scenarioNamed asks for what shall be run.
func scenarioNamed(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return exactly(1)(c, args)
	}
	text := "what shall be run is missing: the name of a shipped scenario or suite, a path, or -\nfor instance:"
	for _, name := range instances {
		s, err := scenarios.Load(name)
		if err != nil {
			return err
		}
		text += fmt.Sprintf("\n  anylab run %-15s  %s", name, s.Summary)
	}
	return fmt.Errorf("%s\nanylab list scenarios shows all", text)
}
