package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/internet"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports"
	"anylab/reports/words"
	"anylab/scenarios"
)

// internet simulates a scenario of the Internet: there is no lab, and no sandbox.
func (f *runFlags) internet(c *cobra.Command, name string) error {
	if err := errors.Join(f.withoutLab(name), usableOut(f.out)); err != nil {
		return err
	}
	if f.shard != "" {
		return fmt.Errorf("--shard: %s is of the Internet, whose trials are made side by side here", name)
	}
	s, err := scenarios.LoadInternet(name, f.set...)
	if err != nil {
		return err
	}
	if c.Flags().Changed("trials") {
		if s.Trials = f.trials; f.trials < 1 {
			return fmt.Errorf("--trials %d: want 1 or more", f.trials)
		}
	}
	if !c.Flags().Changed("seed") {
		f.seed = uint64(rand.Uint32())
	}
	ctx, stop := untilInterrupted(c.Context())
	defer stop()
	ui := newProgress(c.ErrOrStderr(), f.quiet, besideFlags{})
	ui.Step("make the graph")
	x, err := internet.Load(s)
	if err != nil {
		return err
	}
	path, err := f.simulateInternet(ctx, s, x, ui)
	if path == "" {
		return exitError{exitUnavailable, err}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return exitError{exitUnavailable, err}
	}
	return f.reported(c, path, err)
}

// reported judges the run directory. A run that was interrupted is one of its own kind.
func (f *runFlags) reported(c *cobra.Command, path string, ended error) error {
	r, err := reports.Load(path)
	if err == nil {
		err = r.Write(path)
	}
	if err != nil {
		return exitError{exitUnavailable, err}
	}
	err = printReport(c.OutOrStdout(), r, f.json, f.quiet)
	if ended != nil {
		return exitError{exitInterrupted, errors.New("interrupted")}
	}
	return err
}

// simulateInternet carries the experiment out, and returns its run directory's path, empty
// if there is none.
func (f *runFlags) simulateInternet(ctx context.Context, s scenarios.Internet, x internet.Experiments, ui *progress) (string, error) {
	started := time.Now()
	path := filepath.Join(f.out, s.Name+record.SimulatedDir, record.ID(started))
	about := aboutInternet(s, x, started, f.seed)
	dir, err := record.Create(path, about)
	if err != nil {
		return "", err
	}
	ui.Step("let the sites announce")
	err = x.Run(ctx, f.seed, dir, func(n, of int, what string) { ui.Trial(n, of, what) })
	about.Ended, about.Outcome = time.Now().UTC(), "completed"
	switch {
	case errors.Is(err, context.Canceled):
		about.Outcome = "interrupted"
	case err != nil:
		about.Outcome = err.Error()
	}
	return path, errors.Join(err, dir.WriteRun(about), dir.Close())
}

func aboutInternet(s scenarios.Internet, x internet.Experiments, started time.Time, seed uint64) record.Run {
	text := s.Source.String()
	sum := sha256.Sum256([]byte(text))
	about := record.Run{
		ID: record.ID(started), Scenario: s.Name, ScenarioSHA256: hex.EncodeToString(sum[:]), ScenarioYAML: text,
		Seed: seed, Started: started.UTC(), Anylab: run.Version(), CPUs: runtime.NumCPU(), Kernel: runtime.GOOS, Summary: s.Summary,
		Daemons: map[string]string{}, Fallbacks: []string{},
	}
	about.Internet, about.Cells = x.About()
	about.Simulated = &record.Simulated{Profiles: map[string]string{}}
	about.Experiment = &record.Experiment{Topology: record.Topology{Name: about.Internet.Graph}, Expect: s.Expect}
	return about
}

// checkInternet prints what would be simulated.
func checkInternet(w io.Writer, name string, set []string) error {
	s, err := scenarios.LoadInternet(name, set...)
	if err != nil {
		return err
	}
	x, err := internet.Load(s)
	if err != nil {
		return err
	}
	about, cells := x.About()
	parts := []string{fmt.Sprintf("%d cases, %d trials each, in virtual time: no lab is built, no root is needed", len(cells), s.Trials)}
	for i, c := range cells {
		if c.Internet != nil {
			about = c.Internet
		}
		if i > 0 && (c.Internet == nil || c.Internet == cells[i-1].Internet) {
			continue
		}
		name := words.In(c.Values)
		if c.Internet == nil {
			name = ""
		}
		parts = append(parts, fmt.Sprintf("%sgraph %s: %d ASes, %d links", name, about.Graph, about.ASes, about.Links), name+"fault "+about.Fault)
		for _, site := range about.Sites {
			parts = append(parts, name+"site "+site.Name+" under AS"+strings.Trim(strings.ReplaceAll(fmt.Sprint(site.Under), " ", ", AS"), "[]"))
		}
		for _, rule := range about.Rules {
			parts = append(parts, name+rule)
		}
	}
	sound(w, s.Name, parts)
	return nil
}

// internetRows lists the shipped ones.
func internetRows() ([][]string, error) {
	var out [][]string
	for _, name := range scenarios.InternetNames() {
		s, err := scenarios.LoadInternet(name)
		if err != nil {
			return nil, err
		}
		out = append(out, []string{name, s.Summary + " Simulated."})
	}
	return out, nil
}
