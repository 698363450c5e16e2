package main

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"anylab/lab/hand"
	"anylab/reports"
	"anylab/reports/figure"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"

	"github.com/spf13/cobra"
)

func graphCommand() *cobra.Command {
	var name string
	form := "svg"
	c := &cobra.Command{
		Use:   "graph TOPOLOGY|SCENARIO|RUN-DIRECTORY [-L LAB]",
		Short: "Draw a topology; of a stored run, or a lab that is up, also who serves whom",
		Example: `  anylab graph three-sites > three-sites.svg
  anylab graph world --format mermaid   # for a page in Markdown
  anylab graph latest --format dot
  anylab graph -L mine > now.svg`,
		Args: func(c *cobra.Command, args []string) error {
			if name == "" {
				return exactly(1)(c, args)
			}
			return exactly(0)(c, args)
		},
		ValidArgsFunction: completeScenarios,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := networkOf(c, append(args, "")[0], name)
			if err != nil {
				return err
			}
			return drawNetwork(c.OutOrStdout(), n, form)
		},
	}
	c.Flags().StringVar(&form, "format", form, "`svg`, dot or mermaid")
	labFlag(c, &name)
	return c
}

func drawNetwork(w io.Writer, n figure.Network, form string) error {
	var text []byte
	var err error
	switch form {
	case "svg":
		text, err = n.SVG()
	case "dot":
		text = []byte(reports.DOT(n))
	case "mermaid":
		text = []byte(reports.Mermaid(n))
	default:
		return errors.New(document.Unknown("format", form, []string{"dot", "mermaid", "svg"}))
	}
	if err != nil {
		return exitError{exitUnavailable, err}
	}
	_, err = w.Write(text)
	return err
}

// standing is the network of a lab that is up, and who serves whom now.
func standing(name string) (n figure.Network, err error) {
	lab, err := hand.Named(name)
	if err != nil {
		return n, err
	}
	var i hand.Inspection
	err = errors.Join(hand.Ask(lab, "network", nil, &n.Topology), hand.Ask(lab, "inspect", nil, &i))
	n.Served = map[string][]string{}
	for _, c := range i.Clients {
		for _, site := range slices.Sorted(maps.Keys(c.By)) {
			if !slices.Contains(n.Served[c.Client], site) {
				n.Served[c.Client] = append(n.Served[c.Client], site)
			}
		}
	}
	return n, err
}

// networkOf finds what is to be drawn: a lab, a run, a topology, or that of a scenario.
func networkOf(c *cobra.Command, name, lab string) (figure.Network, error) {
	if lab != "" {
		return standing(lab)
	}
	path, err := newest(c.ErrOrStderr(), name)
	if err == nil {
		if _, missing := os.Stat(filepath.Join(path, "run.json")); missing == nil {
			r, err := load(path)
			if err != nil {
				return figure.Network{}, err
			}
			return r.Network(), nil
		}
	}
	t, err := topologies.Load(name)
	if scenarios.FormOf(name) == scenarios.ScenarioForm && err != nil {
		var s scenarios.Scenario
		if s, err = scenarios.Load(name); err == nil {
			t = s.Topology
		}
	}
	return figure.Network{Topology: scenarios.Network(t)}, err
}
