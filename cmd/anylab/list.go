package main

import (
	"fmt"
	"io"
	"slices"
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
	{"internet", internetRows},
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
	var form string
	c := &cobra.Command{
		Use:       "list [KIND]",
		Short:     "List the scenarios, those of the Internet, suites, topologies, faults, daemons, services, health checks or probes that there are",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), oneOf("kind")),
		ValidArgs: names,
		RunE: func(c *cobra.Command, args []string) error {
			return printLists(c.OutOrStdout(), form, args)
		},
	}
	formatFlag(c, &form)
	return c
}

// printLists prints the lists of the kinds, or all.
func printLists(w io.Writer, form string, kinds []string) error {
	var all [][]string
	for _, l := range lists {
		if len(kinds) > 0 && !slices.Contains(kinds, l.what) {
			continue
		}
		found, err := l.rows()
		if err != nil {
			return err
		}
		for _, row := range found {
			all = append(all, append([]string{l.what}, row...))
		}
	}
	return tabulate(w, form, []string{"kind", "name", "about"}, all, func() error { return printKinds(w, all, len(kinds) == 0) })
}

// printKinds prints what is listed, each kind under its title where there are several.
func printKinds(w io.Writer, all [][]string, titled bool) error {
	indent := ""
	if titled {
		indent = "  "
	}
	for len(all) > 0 {
		kind, rows := all[0][0], [][]string{}
		for len(all) > 0 && all[0][0] == kind {
			rows, all = append(rows, all[0][1:]), all[1:]
		}
		if titled {
			fmt.Fprintf(w, "%s:\n", kind)
		}
		for _, lines := range page.Columns(rows, nil, terminal(w)-len(indent)) {
			if _, err := fmt.Fprintf(w, "%s%s\n", indent, strings.Join(lines, "\n"+indent)); err != nil {
				return err
			}
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
