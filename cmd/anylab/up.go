package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"anylab/lab"
	"anylab/lab/hand"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports/words"
	"anylab/scenarios"
	"anylab/topologies/document"
)

type upFlags struct {
	runFlags
	cell     string
	detached bool
	door     bool // the third file is the door, which whoever called this has opened
}

func upCommand() *cobra.Command {
	var f upFlags
	c := &cobra.Command{
		Use:   "up TOPOLOGY|SCENARIO [NAME]",
		Short: "Keep a lab up, to walk around in it",
		Long: `Up builds a lab as a run does before its first trial, says how to get in, and
keeps it until Ctrl-C or anylab down. On a topology alone every site answers
DNS. See anylab help hand.`,
		Example: `  anylab up three-sites
  anylab up -d service-crash mine
  anylab up three-sites --set bgp.hold=3s`,
		Args:              cobra.MatchAll(atLeast(1), atMost(2)),
		ValidArgsFunction: completeScenarios,
		RunE: func(c *cobra.Command, args []string) error {
			return f.run(c, append(args, "")[0], append(args, "")[1])
		},
	}
	setFlag(c, &f.set)
	c.Flags().StringVar(&f.cell, "cell", "", "the `CELL` of the scenario's matrix, by its label or by values, as in bgp.hold=9s (default: the first)")
	_ = c.RegisterFlagCompletionFunc("cell", completeCells)
	c.Flags().BoolVarP(&f.detached, "detach", "d", false, "return once the lab has settled, and keep it in the background")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print no steps")
	metricsFlag(c, &f.metrics)
	exposeFlags(c, &f.bind, &f.env)
	c.Flags().BoolVar(&f.door, "door", false, "")
	_ = c.Flags().MarkHidden("door") // it is there
	return c
}

// run checks what is asked for where the user stands, then once more inside, where
// the lab is kept.
func (f *upFlags) run(c *cobra.Command, what, name string) error {
	if !lab.Outside() {
		return f.keep(c, what, name)
	}
	p, err := f.plan(c, what)
	if err != nil {
		return err
	}
	if name == "" {
		name = strings.ToLower(p.Scenario.Name)
	}
	door, err := f.open(name)
	if err != nil {
		return err
	}
	defer door.Close()
	file, err := door.File()
	if err != nil {
		return err
	}
	defer file.Close()
	if f.detached && !f.door {
		door.SetUnlinkOnClose(false)
		return f.behind(c, name, file, door)
	}
	var beside func(line *os.File)
	if f.metrics != "" {
		m := &labMetrics{sight: newSight()}
		if err := serveMetrics(f.metrics, m); err != nil {
			return err
		}
		beside = m.watch(name)
	}
	refused, failed := sandboxedBeside(nil, beside, file)
	return errors.Join(refused, failed)
}

// keep keeps the lab, inside.
func (f *upFlags) keep(c *cobra.Command, what, name string) error {
	refused, failed := sandboxed(func() error {
		p, err := f.plan(c, what)
		if err != nil {
			return err
		}
		if name == "" {
			name = strings.ToLower(p.Scenario.Name)
		}
		ctx, stop := untilInterrupted(context.Background())
		defer stop()
		ui := newProgress(c.ErrOrStderr(), f.quiet || f.door, f.besideFlags)
		h := hand.NewHost(name, what, p.Scenario.Topology, stop)
		err = h.Keep(ctx, p, lab.Carried(), ui.Step, func(l hand.Lab) {
			if !f.door {
				welcome(c.OutOrStdout(), c.ErrOrStderr(), l, "Ctrl-C here, or anylab down "+l.Name, "takes it down")
			}
		})
		if err != nil && ctx.Err() == nil {
			return exitError{exitUnavailable, err}
		}
		return err
	})
	return errors.Join(refused, failed)
}

// plan makes the plan of a scenario, or of a topology alone.
func (f *upFlags) plan(c *cobra.Command, what string) (*run.Plan, error) {
	if f.cell == "" && c.Flags().Changed("cell") {
		return nil, errors.New("--cell is empty: want a cell's label, or values, as in bgp.hold=9s")
	}
	var s scenarios.Scenario
	var err error
	switch scenarios.FormOf(what) {
	case scenarios.TopologyForm:
		s, err = scenarios.Bare(what, f.set...)
	case scenarios.SuiteForm:
		return nil, fmt.Errorf("%s is a suite; what is kept up is a topology, or one scenario", what)
	default:
		s, err = scenarios.Load(what, f.set...)
	}
	if err != nil {
		return nil, err
	}
	p, err := f.compile(c.ErrOrStderr(), s)
	if err != nil {
		return nil, err
	}
	return f.prepared(c, p)
}

// compile compiles the cell that is to be kept up: the one that is named, else the
// first that can be.
func (f *upFlags) compile(stderr io.Writer, s scenarios.Scenario) (*run.Plan, error) {
	var cells []scenarios.Scenario
	var err error
	if f.cell != "" {
		cells = make([]scenarios.Scenario, 1)
		cells[0], err = s.Choose(f.cell)
	} else {
		cells, err = s.Cells()
	}
	if err != nil {
		return nil, err
	}
	var p *run.Plan
	for _, cell := range cells {
		if p, err = run.Compile(cell); err != nil || len(p.LeftOut) == 0 {
			if err == nil && f.cell == "" && len(cells) > 1 && lab.Outside() && !f.door {
				say(stderr, fmt.Sprintf("of %s, this is %q; --cell chooses another one", words.Count(len(cells), "cell"), record.CellName(cell.Cell)))
			}
			return p, err
		}
	}
	return nil, exitError{exitUnavailable, errors.New("left out: " + strings.Join(record.LeftOutLines(p.LeftOut), "; "))}
}

func completeCells(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	s, err := scenarios.Load(args[0])
	if err != nil || len(s.Matrix)+len(s.Entries) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	cells, _ := s.Cells() // they were made once when it was loaded
	return scenarios.CellNames(cells), cobra.ShellCompDirectiveNoFileComp
}

// awaitUp waits until people can come in.
func awaitUp(name string, ui *progress) (*hand.Lab, error) {
	line, err := hand.Call(name, "settled", nil)
	if err != nil {
		return nil, err
	}
	defer line.Close()
	for {
		var p hand.Progress
		switch more, err := line.Next(&p); {
		case err != nil:
			return nil, err
		case !more:
			return nil, errors.New("the lab did not settle")
		case p.Lab != nil:
			return p.Lab, nil
		}
		ui.Step(p.Step)
	}
}

// welcome says how to get in.
func welcome(stdout, stderr io.Writer, l hand.Lab, end, does string) {
	if len(l.Unsettled) > 0 {
		say(stderr, "the lab did not settle: "+document.Joined(l.Unsettled, "; ")+". It is up all the same.")
	}
	in := ""
	if names, err := hand.Names(); err == nil && len(names) > 1 {
		in = " -L " + l.Name
	}
	node := l.Nodes[0]
	say(stdout, fmt.Sprintf("lab %s is up: %s", l.Name, document.Some(l.Nodes)))
	for _, row := range [][2]string{
		{"anylab shell " + node + in, "a shell on a node"},
		{"anylab exec " + node + in + " -- ip route", "one command"},
		{"anylab inspect" + in, "sessions, routes, services, who serves whom"},
		{"anylab fault inject ...", "breaks something (anylab help hand)"},
		{end, does},
	} {
		fmt.Fprintf(stdout, "  %-42s %s\n", row[0], row[1])
	}
}
