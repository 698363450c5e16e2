package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports/page"
	"anylab/scenarios"
)

type sweepFlags struct {
	shards int
	cpus   int
	trials int
	seed   uint64
	set    []string
	sbatch []string
	out    string
	submit bool
	wait   bool
	json   bool
	quiet  bool
}

func sweepCommand() *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use:   "sweep SCENARIO|SUITE",
		Short: "Make a run on many machines: the script of a Slurm array, or the array itself",
		Long: `Sweep prints the script of a Slurm array whose tasks make the shards of a run, or
of a suite. With --submit it submits that instead, and with --wait it follows the
tasks until the last has ended, merges what they recorded and judges it, as anylab
merge does.

The nodes must have anylab, and the directory of --out, under the same paths as
this machine. A task whose node dies is begun again, and counts once. Interrupted,
--wait leaves the tasks as they are, and says how to go on.`,
		Example: `  anylab sweep timers --shards 8 --set trials=59 > job.sh
  anylab sweep timers --shards 8 --set trials=59 --submit --wait
  anylab sweep mine.yaml --shards 20 --submit --wait --sbatch=--partition=short`,
		Args:              exactly(1),
		ValidArgsFunction: completeScenarios,
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	setFlag(c, &f.set)
	c.Flags().IntVar(&f.shards, "shards", 0, "divide the trials into this `number` of shards")
	c.Flags().IntVar(&f.cpus, "cpus", perLab, "processors of each task, as a `number`")
	c.Flags().IntVar(&f.trials, "trials", 0, "make this `number` of trials in every cell, whatever the scenario and its cells say")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the faults' moments and of the cells' order (default: random)")
	c.Flags().StringArrayVar(&f.sbatch, "sbatch", nil, "give Slurm this `option` as well, as sbatch has it (repeatable)")
	c.Flags().StringVar(&f.out, "out", "out", "write below this `directory`")
	c.Flags().BoolVar(&f.submit, "submit", false, "submit the array instead of printing its script")
	c.Flags().BoolVar(&f.wait, "wait", false, "follow the tasks that were submitted, and judge what they recorded")
	c.Flags().BoolVar(&f.json, "json", false, "print result.json instead of the summary")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print the verdict only")
	return c
}

func (f *sweepFlags) run(c *cobra.Command, name string) error {
	called, err := f.checked(c, name)
	if err != nil {
		return err
	}
	if !c.Flags().Changed("seed") {
		f.seed = rand.Uint64()
	}
	dir := filepath.Join(f.out, called+sweepDir)
	if !f.submit {
		_, err := fmt.Fprint(c.OutOrStdout(), f.script(c, "anylab", name, dir))
		return err
	}
	if err := writable("--out", f.out); err != nil {
		return err
	}
	a, err := f.submitted(c, name, filepath.Join(dir, record.ID(time.Now())))
	if err != nil || !f.wait {
		return err
	}
	ctx, stop := untilInterrupted(c.Context())
	defer stop()
	if err := a.follow(ctx, c.ErrOrStderr(), f.quiet); err != nil {
		return err
	}
	if err := mergeAndReport(c, []string{a.dir}, f.out, f.json, f.quiet); err != nil {
		return a.whatTheySaid(err)
	}
	return nil
}

// sweepDir ends the name of the directory with a sweep's shards.
const sweepDir = ".sweep"

// checked says whether there is something to divide, and what it is called.
func (f *sweepFlags) checked(c *cobra.Command, name string) (called string, err error) {
	form := scenarios.FormOf(name)
	switch {
	case name == "-":
		return "", errors.New("every task reads the scenario: give its path")
	case form != scenarios.ScenarioForm && form != scenarios.SuiteForm:
		return "", fmt.Errorf("%s is no scenario and no suite, and what is divided are the trials of one", name)
	case f.shards < 1:
		return "", fmt.Errorf("--shards %d: want a number, 1 or more", f.shards)
	case f.cpus < 1:
		return "", fmt.Errorf("--cpus %d: want a number, 1 or more", f.cpus)
	case f.wait && !f.submit:
		return "", errors.New("--wait follows what --submit submits")
	}
	for _, option := range f.sbatch {
		if !strings.HasPrefix(option, "-") || strings.ContainsAny(option, "\r\n") {
			return "", fmt.Errorf("--sbatch %q: want an option of sbatch, as --sbatch=--partition=short", option)
		}
	}
	first := record.Shard{Index: 1, Of: f.shards}
	if form == scenarios.SuiteForm {
		return f.divisible(c, name, first)
	}
	p, err := f.compiled(c, name)
	if err != nil {
		return "", err
	}
	return p.Scenario.Name, p.Divide(first)
}

// divisible says whether a suite can be divided, and what it is called.
func (f *sweepFlags) divisible(c *cobra.Command, name string, first record.Shard) (called string, err error) {
	s, err := scenarios.LoadSuite(name)
	if err != nil {
		return "", err
	}
	for _, member := range s.Scenarios {
		p, err := f.compiled(c, member)
		if err == nil {
			_, err = p.DivideOf(first)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", member, err)
		}
	}
	return s.Name, nil
}

// compiled is the plan of a scenario, as the flags have it.
func (f *sweepFlags) compiled(c *cobra.Command, name string) (*run.Plan, error) {
	s, err := scenarios.Load(name, f.set...)
	if err == nil && c.Flags().Changed("trials") {
		s, err = s.WithTrials(f.trials)
	}
	if err != nil {
		return nil, err
	}
	return run.Compile(s)
}

// script is that of the array. Its tasks leave their shards, and what they say, in the
// directory.
func (f *sweepFlags) script(c *cobra.Command, program, name, dir string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("#!/bin/sh")
	line("# once all tasks have ended: anylab merge %s", page.Line(record.ShellWord(dir))) // a comment ends with its line
	for _, option := range append([]string{"--job-name=anylab", fmt.Sprintf("--array=1-%d", f.shards), fmt.Sprintf("--cpus-per-task=%d", f.cpus), "--requeue", "--output=/dev/null"}, f.sbatch...) {
		line("#SBATCH %s", option)
	}
	line("dir=%s", record.ShellWord(dir))
	line(`mkdir -p "$dir/said" || exit`)
	words := []string{program, "run", record.ShellWord(name)}
	if c.Flags().Changed("trials") {
		words = append(words, fmt.Sprintf("--trials=%d", f.trials))
	}
	for _, set := range f.set {
		words = append(words, "--set="+record.ShellWord(set))
	}
	line(`exec %s --seed=%d --shard=auto --out="$dir/shards/$SLURM_ARRAY_TASK_ID" --quiet >>"$dir/said/$SLURM_ARRAY_TASK_ID.txt" 2>&1`, strings.Join(words, " "), f.seed)
	return b.String()
}

// submitted hands the array over to Slurm, with paths that hold on its nodes too.
func (f *sweepFlags) submitted(c *cobra.Command, name, dir string) (*array, error) {
	if _, err := exec.LookPath("sbatch"); err != nil {
		return nil, exitError{exitUnavailable, errors.New("there is no sbatch here: without --submit the script is printed, to be submitted where Slurm is")}
	}
	program, err := os.Executable()
	if err != nil {
		return nil, exitError{exitUnavailable, err}
	}
	if strings.Contains(program, "/go-build") {
		return nil, exitError{exitUnavailable, errors.New("go run deletes the program when it ends, before the nodes have it: make build, and ./anylab sweep")}
	}
	if _, err := os.Stat(name); err == nil {
		if name, err = filepath.Abs(name); err != nil {
			return nil, err
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "job.sh")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(path, []byte(f.script(c, record.ShellWord(program), name, dir)), 0o755)); err != nil {
		return nil, exitError{exitUnavailable, fmt.Errorf("write the script: %w", err)}
	}
	said, err := slurm(c.Context(), "sbatch", "--parsable", path)
	if err != nil {
		_ = os.RemoveAll(dir) // nothing came of it
		return nil, exitError{exitUnavailable, err}
	}
	id, _, _ := strings.Cut(strings.TrimSpace(said), ";") // of a federation its cluster follows
	fmt.Fprintf(c.ErrOrStderr(), "job %s has %d tasks, and leaves their shards in %s\n", id, f.shards, dir)
	return &array{id: id, dir: dir, tasks: f.shards}, nil
}

// slurm is what a program of Slurm prints. Its error says what the program complains of.
func slurm(ctx context.Context, program string, args ...string) (string, error) {
	var complaint strings.Builder
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = &complaint
	said, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(complaint.String()))
	}
	return string(said), err
}
