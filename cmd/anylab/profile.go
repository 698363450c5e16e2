package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"anylab/lab/record"
	"anylab/lab/simulate"
	"anylab/reports"
	"anylab/topologies/document"
)

func profileCommand() *cobra.Command {
	var daemon string
	c := &cobra.Command{
		Use:   "profile RUN...",
		Short: "Distil runs of a lab into what a daemon takes for its steps, for simulations; needs no root",
		Long: `Profile finds out from runs of a lab how long a BGP daemon takes for each of its
steps: from an UPDATE to the kernel's route and to the next UPDATE, from the end of
a session or the loss of a carrier to the route, from a health check's verdict to
the UPDATE, until it runs, and until it connects. It prints quantiles of them, which
anylab run --simulate --profile takes in place of those that are shipped. Only
conclusive trials count, and of nodes whose daemon is configured by anylab. What was
not seen often enough is left as it was shipped, which the profile says.`,
		Example: `  anylab profile out/service-crash/latest > mine.json
  anylab run service-crash --simulate --profile mine.json`,
		Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := distil(c, args, daemon)
			if err != nil {
				return err
			}
			text, err := json.MarshalIndent(p, "", "\t")
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(append(text, '\n'))
			return err
		},
	}
	c.Flags().StringVar(&daemon, "daemon", "", "of this `daemon`, where the runs have several")
	return c
}

func distil(c *cobra.Command, args []string, daemon string) (p simulate.Profile, err error) {
	var d simulate.Distiller
	var runs []string
	trials := 0
	var last record.Run
	for _, arg := range args {
		path, err := newest(c.ErrOrStderr(), arg)
		if err != nil {
			return p, err
		}
		r, err := load(path)
		if err != nil {
			return p, err
		}
		if r.Run.Simulated != nil || r.Run.Internet != nil {
			return p, fmt.Errorf("%s was simulated, and a profile is of what was measured", path)
		}
		sound := map[string]bool{}
		for _, t := range r.Result.Trials {
			if t.Status != reports.Doubtful {
				sound[fmt.Sprint(record.CellName(t.Cell), t.Index)] = true
			}
		}
		err = d.Add(path, r.Run, func(cell map[string]string, index int) bool { return sound[fmt.Sprint(record.CellName(cell), index)] })
		if err != nil {
			return p, fmt.Errorf("distil %s: %w", path, err)
		}
		runs, trials, last = append(runs, r.Run.Scenario+" "+r.Run.ID), trials+len(sound), r.Run
	}
	if daemon == "" && len(d.Daemons()) == 1 {
		daemon = d.Daemons()[0]
	}
	if d.Seen(daemon) == "nothing" {
		return p, errors.New(document.Unknown("daemon of these runs", daemon, d.Daemons()) + "; --daemon names it")
	}
	shipped, err := simulate.Shipped()
	if err != nil {
		return p, err
	}
	p, kept := d.Profile(daemon, shipped[daemon])
	p.Version = last.Daemons[daemon]
	p.Conditions = fmt.Sprintf("%d conclusive trials (%s) on %d processors (%s), %s; times seen: %s", trials, strings.Join(runs, ", "), last.CPUs, last.CPU, last.Kernel, d.Seen(daemon))
	if len(kept) > 0 {
		p.Conditions += "; not seen often enough: " + strings.Join(kept, ", ")
	}
	return p, nil
}

// profiles are the shipped ones, or those of files in their place.
func profiles(paths []string) (simulate.Profiles, error) {
	all, err := simulate.Shipped()
	for _, path := range paths {
		if err != nil {
			break
		}
		var text []byte
		if text, err = os.ReadFile(path); err == nil {
			err = all.Add(text)
		}
		if err != nil {
			err = fmt.Errorf("--profile %s: %w; want the JSON that anylab profile prints of a run", path, err)
		}
	}
	return all, err
}
