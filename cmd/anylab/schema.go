package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"anylab/lab/bgp"
	"anylab/lab/run"
	"anylab/reports"
	"anylab/scenarios"
	"anylab/topologies"
)

func schemaCommand() *cobra.Command {
	schemas := map[string]func() ([]byte, error){
		"internet": scenarios.InternetSchema,
		"result":   reports.Schema,
		"scenario": func() ([]byte, error) { return scenarios.Schema(run.Kinds()) },
		"suite":    scenarios.SuiteSchema,
		"topology": func() ([]byte, error) { return topologies.Schema(bgp.Names()) },
	}
	return &cobra.Command{
		Use:       "schema scenario|internet|suite|topology|result",
		Short:     "Print the JSON Schema of a file format, for editors and scripts",
		Args:      cobra.MatchAll(exactly(1), oneOf("file format")),
		ValidArgs: []string{"scenario", "internet", "suite", "topology", "result"},
		RunE: func(c *cobra.Command, args []string) error {
			text, err := schemas[args[0]]()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", text)
			return err
		},
	}
}
