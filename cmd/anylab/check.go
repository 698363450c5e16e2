package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"anylab/lab/run"
	"anylab/scenarios"
	"anylab/topologies"
)

func checkCommand() *cobra.Command {
	var set []string
	c := &cobra.Command{
		Use:   "check SCENARIO|SUITE|TOPOLOGY...",
		Short: "Check scenarios, suites and topologies without running them; needs no root",
		Example: `  anylab check service-crash
  anylab check my-topology.yaml my-scenario.yaml`,
		Args: atLeast(1),
		ValidArgsFunction: func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			names, directive := completeScenarios(c, args, begun)
			return append(names, topologies.Names()...), directive
		},
		RunE: func(c *cobra.Command, args []string) error {
			refused, failed := sandboxed(func() error { return check(c.Context(), c.OutOrStdout(), args, set) })
			if refused != nil {
				say(c.ErrOrStderr(), fmt.Sprintf("what the kernel lacks can't be told: %v", refused))
				return check(c.Context(), c.OutOrStdout(), args, set)
			}
			return failed
		},
	}
	setFlag(c, &set)
	return c
}

// check prints what would be done. What only a sandbox can tell, the kernel's
// part, is left out outside.
func check(ctx context.Context, w io.Writer, args, set []string) error {
	names, err := expand(args)
	if err != nil {
		return err
	}
	for _, name := range names {
		switch scenarios.FormOf(name) {
		case scenarios.TopologyForm:
			err = checkTopology(w, name, set)
		case scenarios.InternetForm:
			err = checkInternet(w, name, set)
		default:
			err = checkScenario(ctx, w, name, set)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkScenario(ctx context.Context, w io.Writer, name string, set []string) error {
	p, err := compile(name, set)
	if err != nil {
		return err
	}
	if err := p.Available(); err != nil {
		return exitError{exitUnavailable, err}
	}
	if err := p.Proofread(ctx); err != nil {
		return err
	}
	if err := p.Fits(); err != nil {
		return exitError{exitUnavailable, err}
	}
	sound(w, p.Scenario.Name, p.Steps())
	say(w, "  needs "+p.Size().String())
	say(w, "  takes "+forecast(p))
	for _, line := range slices.Concat(p.CommandFiles(), p.OwnFiles()) {
		say(w, line)
	}
	for _, line := range p.Warnings() {
		say(w, "warning: "+line)
	}
	for _, line := range p.Theory() {
		say(w, "theory: "+line)
	}
	return nil
}

// forecast says how long a run takes.
func forecast(p *run.Plan) string {
	least, most, trial := p.Takes()
	text := "about " + about(least)
	if about(most) != about(least) {
		text += " to " + about(most)
	}
	return fmt.Sprintf("%s, a trial up to %s", text, about(trial))
}

func checkTopology(w io.Writer, name string, set []string) error {
	if len(set) > 0 {
		return fmt.Errorf("--set is for scenarios, and %s is a topology: check a scenario with --set topology=%s as well", name, name)
	}
	t, err := topologies.Load(name)
	if err != nil {
		return err
	}
	mistake, lacking := run.CheckTopology(t)
	if mistake != nil {
		return mistake
	}
	if lacking != nil {
		return exitError{exitUnavailable, lacking}
	}
	sound(w, t.Name, run.Parts(t))
	return nil
}

// sound says that there is nothing wrong with what is made of the parts.
func sound(w io.Writer, name string, parts []string) {
	say(w, name+": ok")
	for _, part := range parts {
		say(w, "  "+part)
	}
}

// expand puts the scenarios of a suite in its place.
func expand(names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		if scenarios.FormOf(name) != scenarios.SuiteForm {
			all = append(all, name)
			continue
		}
		s, err := scenarios.LoadSuite(name)
		if err != nil {
			return nil, err
		}
		all = append(all, s.Scenarios...)
	}
	return all, nil
}

func setFlag(c *cobra.Command, set *[]string) {
	c.Flags().StringArrayVar(set, "set", nil, "override a `key=value` of the scenario or, as topology.key, of its topology (repeatable)")
}

func compile(name string, set []string) (*run.Plan, error) {
	s, err := scenarios.Load(name, set...)
	if err != nil {
		return nil, err
	}
	return run.Compile(s)
}

func completeScenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return slices.Concat(scenarios.Names(), scenarios.SuiteNames(), scenarios.InternetNames()), cobra.ShellCompDirectiveDefault
}
