package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/probe"
	"anylab/lab/service"
	"anylab/reports/page"
	"anylab/scenarios"
	"anylab/topologies"
)

// lists is what "anylab list" can list, in the order in which it does.
var lists = []struct {
	what string
	rows func() ([][]string, error)
}{
	{"scenarios", scenarioRows},
	{"suites", suiteRows},
	{"topologies", topologyRows},
	{"faults", func() ([][]string, error) { return rows(fault.Names(), fault.Summary), nil }},
	{"daemons", func() ([][]string, error) { return rows(bgp.Names(), daemonState), nil }},
	{"services", func() ([][]string, error) { return rows(service.Kinds(), serviceFacts), nil }},
	{"checks", func() ([][]string, error) { return rows(service.HealthKinds(), checkFacts), nil }},
	{"probes", func() ([][]string, error) { return rows(probe.Kinds(), probeFacts), nil }},
}

func listCommand() *cobra.Command {
	var names []string
	for _, l := range lists {
		names = append(names, l.what)
	}
	return &cobra.Command{
		Use:       "list [KIND]",
		Short:     "List the scenarios, suites, topologies, faults, daemons, services, health checks or probes that there are",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), oneOf("kind")),
		ValidArgs: names,
		RunE: func(c *cobra.Command, args []string) error {
			for _, l := range lists {
				if len(args) == 1 && args[0] != l.what {
					continue
				}
				found, err := l.rows()
				if err != nil {
					return err
				}
				if err := printRows(c.OutOrStdout(), l.what, found, len(args) == 0); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func printRows(w io.Writer, title string, rows [][]string, titled bool) error {
	indent := ""
	if titled {
		fmt.Fprintf(w, "%s:\n", title)
		indent = "  "
	}
	for _, lines := range page.Columns(rows, nil, terminal(w)-len(indent)) {
		if _, err := fmt.Fprintf(w, "%s%s\n", indent, strings.Join(lines, "\n"+indent)); err != nil {
			return err
		}
	}
	return nil
}

func rows(names []string, about func(string) string) [][]string {
	var out [][]string
	for _, name := range names {
		out = append(out, []string{name, about(name)})
	}
	return out
}

func serviceFacts(kind string) string {
	about, _ := service.About(kind)
	if about.Port == 0 {
		return about.Summary
	}
	return fmt.Sprintf("%s; %s port %d", about.Summary, strings.Join(about.Transports, " and "), about.Port)
}

func checkFacts(kind string) string {
	about, _ := service.AboutHealth(kind)
	return about.Summary
}

func probeFacts(kind string) string {
	about, _ := probe.About(kind)
	return about.Summary
}

func daemonState(name string) string {
	d, err := bgp.Named(name)
	if err == nil {
		err = d.Available()
	}
	if err != nil {
		return "not available: " + err.Error()
	}
	return d.Version()
}

func scenarioRows() ([][]string, error) {
	var out [][]string
	for _, name := range scenarios.Names() {
		s, err := scenarios.Load(name)
		if err != nil {
			return nil, err
		}
		out = append(out, []string{name, s.Summary})
	}
	return out, nil
}

func suiteRows() ([][]string, error) {
	var out [][]string
	for _, name := range scenarios.SuiteNames() {
		s, err := scenarios.LoadSuite(name)
		if err != nil {
			return nil, err
		}
		out = append(out, []string{name, s.Summary})
	}
	return out, nil
}

func topologyRows() ([][]string, error) {
	var out [][]string
	for _, name := range topologies.Names() {
		t, err := topologies.Load(name)
		if err != nil {
			return nil, err
		}
		out = append(out, []string{name, t.Summary})
	}
	return out, nil
}
