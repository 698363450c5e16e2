package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"anylab/lab/run"
	"anylab/scenarios"
	"anylab/topologies/document"
)

// letIn says when people are let into the labs of a run.
type letIn struct {
	pauseOn []string
	keep    bool
}

var moments = []string{string(run.AtFail), string(run.AtFault), string(run.AtGate), string(run.AtOutcome)}

func (f *letIn) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.pauseOn, "pause-on", nil, "stop every trial at these `MOMENTS` (gate, fault, outcome, fail), say how to get in, and go on at Enter; it is left out of the statistics (see anylab help hand)")
	c.Flags().BoolVar(&f.keep, "keep", false, "leave the last lab up afterwards, until Ctrl-C or anylab down (see anylab help hand)")
}

func (f *letIn) asked() bool { return len(f.pauseOn) > 0 || f.keep }

// check refuses what has no lab, or several runs, or standard input twice.
func (f *letIn) check(name string) error {
	for _, m := range f.pauseOn {
		if !slices.Contains(moments, m) {
			return errors.New(document.Unknown("moment", m, moments))
		}
	}
	switch {
	case !f.asked():
		return nil
	case name == "-" && len(f.pauseOn) > 0:
		return errors.New("--pause-on waits for Enter on standard input, which has the scenario: give its path")
	case scenarios.FormOf(name) == scenarios.SuiteForm:
		return fmt.Errorf("--pause-on and --keep: %s is a suite; run one of its scenarios", name)
	}
	return nil
}
