package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"anylab/lab/run"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "anylab %s\n", version())
			return err
		},
	}
}

func version() string {
	return fmt.Sprintf("%s (%s, %s/%s)", run.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
