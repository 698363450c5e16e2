package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports/page"
	"anylab/scenarios"
)

func doctorCommand() *cobra.Command {
	var form string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can do, what is missing, and the command that fixes it",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			refused, failed := sandboxed(func() error { return examine(c.OutOrStdout(), form, nil) })
			if refused != nil {
				return examine(c.OutOrStdout(), form, refused)
			}
			return failed
		},
	}
	formatFlag(c, &form)
	return c
}

// examine prints what this machine can do. refused is why there is no
// sandbox to try the rest in.
func examine(w io.Writer, form string, refused error) error {
	found := append(lab.Capabilities(), daemonCapabilities()...)
	if refused == nil {
		found = append(found, rehearsal())
	} else {
		c := lab.Capability{Name: "sandbox", Needed: true, Detail: refused.Error()}
		var u lab.Unavailable
		if errors.As(refused, &u) {
			c.Detail, c.Fix = u.What, u.Fix
		}
		found = append(found, c)
	}
	able := true
	var rows [][]string
	for _, c := range found {
		able = able && (c.OK || !c.Needed)
		rows = append(rows, []string{state(c), c.Name, c.Detail, c.Fix})
	}
	err := tabulate(w, form, []string{"state", "name", "detail", "fix"}, rows, func() error { return printExam(w, rows) })
	if err != nil {
		return err
	}
	if !able {
		return exitError{exitUnavailable, errors.New("this machine can't run labs as it is")}
	}
	return nil
}

// printExam prints the rows, and under each that is not ok what fixes it.
func printExam(w io.Writer, rows [][]string) error {
	var shown [][]string
	for _, row := range rows {
		shown = append(shown, row[:3])
	}
	for i, lines := range page.Columns(shown, nil, terminal(w)) {
		fmt.Fprintln(w, strings.Join(lines, "\n"))
		if state, fix := rows[i][0], rows[i][3]; fix != "" && state != "ok" {
			fmt.Fprintln(w, "         fix: "+fix) // in one line, to be copied
		}
	}
	return nil
}

// rehearsal makes the smallest run, and keeps nothing of it: what a run opens
// and no single check has thought of fails here and not in the user's first.
func rehearsal() lab.Capability {
	c := lab.Capability{Name: "a run", Needed: true}
	began := time.Now()
	if err := rehearse(filepath.Join(os.TempDir(), "anylab-rehearsal-"+record.ID(began)), began); err != nil {
		c.Detail = err.Error()
		return c
	}
	c.OK, c.Detail = true, fmt.Sprintf("built, measured and taken down in %.1f s", time.Since(began).Seconds())
	return c
}

func rehearse(path string, began time.Time) (err error) {
	s, err := scenarios.Load("no-fault", "trials=1", "sustain=100ms")
	if err != nil {
		return err
	}
	p, err := run.Compile(s)
	if err != nil {
		return err
	}
	p.Calibration = run.Calibration{}
	defer func() {
		if rerr := os.RemoveAll(path); err == nil {
			err = rerr // else it is the first failure that counts
		}
	}()
	f := runFlags{quiet: true}
	return f.carryOut(context.Background(), io.Discard, p, path, began)
}

func state(c lab.Capability) string {
	switch {
	case c.OK:
		return "ok"
	case c.Needed:
		return "MISSING"
	}
	return "without"
}

func daemonCapabilities() []lab.Capability {
	var list []lab.Capability
	for _, name := range bgp.Names() {
		c := lab.Capability{Name: "daemon " + name}
		d, err := bgp.Named(name)
		if err == nil {
			err = d.Available()
		}
		var u lab.Unavailable
		switch {
		case errors.As(err, &u):
			c.Detail, c.Fix = u.What, u.Fix
		case err != nil:
			c.Detail = err.Error()
		default:
			c.OK, c.Detail = true, d.Version()
		}
		list = append(list, c)
	}
	return list
}
