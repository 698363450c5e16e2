package main

import (
	"errors"
	"os"
	"path/filepath"

	"anylab/reports"
	"anylab/reports/figure"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"

	"github.com/spf13/cobra"
)

func graphCommand() *cobra.Command {
	form := "svg"
	c := &cobra.Command{
		Use:   "graph TOPOLOGY|SCENARIO|RUN-DIRECTORY",
		Short: "Draw a topology; of a stored run also who was served where",
		Example: `  anylab graph three-sites > three-sites.svg
  anylab graph world --format mermaid   # for a page in Markdown
  anylab graph latest --format dot`,
		Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := networkOf(c, args[0])
			if err != nil {
				return err
			}
			var text []byte
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
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	c.Flags().StringVar(&form, "format", form, "`svg`, dot or mermaid")
	return c
}

// networkOf finds what is to be drawn: a run, a topology, or that of a scenario.
func networkOf(c *cobra.Command, name string) (figure.Network, error) {
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
