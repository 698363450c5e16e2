package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// library has the shipped files of one kind.
type library struct {
	kind  string
	names func() []string
	text  func(name string) ([]byte, bool)
}

// libraries are in the order in which a name is looked up: a scenario and a
// topology may have the same.
var libraries = []library{
	{"scenario", scenarios.Names, scenarios.Shipped},
	{"internet", scenarios.InternetNames, scenarios.ShippedInternet},
	{"suite", scenarios.SuiteNames, scenarios.ShippedSuite},
	{"topology", topologies.Names, topologies.Shipped},
}

func showCommand() *cobra.Command {
	expand := false
	c := &cobra.Command{
		Use:   "show [scenario|suite|topology] NAME",
		Short: "Print a shipped scenario, suite or topology, to start one's own from",
		Example: `  anylab show service-crash > mine.yaml
  anylab show topology two-continents   # there is a scenario of this name, too
  anylab show --expand ring.yaml        # of a topology that is generated, or a scenario's: what comes out`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("the name of what shall be shown is missing; see anylab list\nfor instance:\n%s", c.Example)
			}
			return atMost(2)(c, args)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return slices.Concat(scenarios.Names(), scenarios.InternetNames(), scenarios.SuiteNames(), topologies.Names()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			text, err := shippedText(args)
			if expand {
				text, err = expandedText(args)
			}
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	c.Flags().BoolVar(&expand, "expand", false, "of a topology, or of a scenario's, shipped or a file: its nodes and links, with those that it asks to be generated")
	return c
}

// expandedText returns a topology's file with the nodes and links that it means. Where
// a scenario is named it is that of the scenario.
func expandedText(args []string) ([]byte, error) {
	nameOrPath := args[len(args)-1]
	d, err := topologyOf(args[0], nameOrPath)
	if err != nil {
		return nil, err
	}
	text, err := topologies.Expand(d)
	return []byte(text), err
}

func topologyOf(kind, nameOrPath string) (*document.Document, error) {
	form := scenarios.FormOf(nameOrPath)
	shipped := slices.Contains(topologies.Names(), nameOrPath)
	switch {
	case form == scenarios.InternetForm:
		return nil, fmt.Errorf("the topology of %s is the Internet, whose ASes are not listed", nameOrPath)
	case form == scenarios.ScenarioForm && (!shipped || kind == "scenario"):
		s, err := scenarios.Load(nameOrPath)
		return s.Topology.Source, err
	}
	return topologies.LoadDocument(nameOrPath)
}

// shippedText returns the file of a name, or of a kind and a name.
func shippedText(args []string) ([]byte, error) {
	name, within := args[0], libraries
	if len(args) == 2 {
		name = args[1]
		i := slices.IndexFunc(libraries, func(l library) bool { return l.kind == args[0] })
		if i < 0 {
			return nil, errors.New(document.Unknown("kind", args[0], []string{"scenario", "internet", "suite", "topology"}))
		}
		within = libraries[i : i+1]
	}
	var known []string
	for _, l := range within {
		if text, ok := l.text(name); ok {
			return text, nil
		}
		known = append(known, l.names()...)
	}
	what := "scenario, suite or topology"
	if len(within) == 1 {
		what = within[0].kind
	}
	return nil, fmt.Errorf("no %s %q is shipped%s; see anylab list", what, name, document.Suggest(name, known))
}
