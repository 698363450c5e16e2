package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"anylab/lab/record"
	"anylab/lab/run"
)

// engine is what a batch engine tells a task about itself in its environment.
type engine struct {
	name  string
	index string // of the task
	first string // the variable with the first task's index, or that index
	step  string // between two tasks' indexes; empty: 1
	count string
	job   string // a number that all tasks have in common; empty: it tells none
}

// shardsEnv is how many shards there are, where the engine doesn't tell.
const shardsEnv = "ANYLAB_SHARDS"

var engines = []engine{
	{"a GitLab parallel job", "CI_NODE_INDEX", "1", "", "CI_NODE_TOTAL", "CI_PIPELINE_ID"},
	{"a Kubernetes Indexed Job", "JOB_COMPLETION_INDEX", "0", "", shardsEnv, ""},
	{"a Slurm array", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_JOB_ID"},
}

// divide leaves the plan the trials that --shard asks for.
func (f *runFlags) divide(c *cobra.Command, p *run.Plan) error {
	if f.shard == "" {
		return nil
	}
	s, seed, err := f.seeded(c)
	if err != nil {
		return err
	}
	p.Seed = seed
	return p.Divide(s)
}

// seeded reads what --shard was given. All shards must draw the same moments, so they
// need one seed.
func (f *runFlags) seeded(c *cobra.Command) (s record.Shard, seed uint64, err error) {
	s, seed, err = f.dividedAs()
	switch {
	case c.Flags().Changed("seed"):
		seed = f.seed
	case err == nil && seed == 0:
		err = errors.New("--shard: the trials of all shards are drawn with one seed: give each the same --seed")
	}
	return s, seed, err
}

// dividedAs reads what --shard was given. With auto the engine tells it, and may give a
// seed as well.
func (f *runFlags) dividedAs() (s record.Shard, seed uint64, err error) {
	if f.shard != "auto" {
		s, err = parseShard(f.shard)
		return s, 0, err
	}
	var found *engine
	for i, e := range engines {
		if os.Getenv(e.index) == "" {
			continue
		}
		if found != nil {
			return s, 0, fmt.Errorf("--shard auto: this is %s ($%s) and %s ($%s) as well: say --shard K/N", found.name, found.index, e.name, e.index)
		}
		found = &engines[i]
	}
	if found == nil {
		return s, 0, errors.New("--shard auto: the environment is of no batch engine that tells a task its place: a Slurm array, a Kubernetes Indexed Job, a GitLab parallel job; say --shard K/N")
	}
	return found.place()
}

func (e engine) place() (s record.Shard, seed uint64, err error) {
	index, err := variable(e.index)
	first, err1 := variable(e.first)
	count, err2 := variable(e.count)
	step := 1
	if e.step != "" && os.Getenv(e.step) != "" {
		step, err = variable(e.step)
	}
	if err := errors.Join(err, err1, err2); err != nil {
		return s, 0, fmt.Errorf("--shard auto, in %s: %w", e.name, err)
	}
	s = record.Shard{Index: (index-first)/max(1, step) + 1, Of: count}
	if err := counted(s); err != nil {
		return s, 0, fmt.Errorf("--shard auto, in %s: %w", e.name, err)
	}
	if e.job != "" {
		seed, _ = strconv.ParseUint(os.Getenv(e.job), 10, 64) // 0: it has to be given
	}
	return s, seed, nil
}

// variable reads a number of the environment, or one that stands for itself.
func variable(name string) (int, error) {
	if n, err := strconv.Atoi(name); err == nil {
		return n, nil
	}
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return 0, fmt.Errorf("$%s is %q, want a number", name, os.Getenv(name))
	}
	return n, nil
}

func parseShard(text string) (record.Shard, error) {
	index, of, found := strings.Cut(text, "/")
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	s := record.Shard{Index: i, Of: n}
	if !found || err != nil || err2 != nil || counted(s) != nil {
		return s, fmt.Errorf("--shard %s: want K/N, with K from 1 to N, or auto", text)
	}
	return s, nil
}

func counted(s record.Shard) error {
	if s.Index < 1 || s.Index > s.Of {
		return fmt.Errorf("shard %v: there is none", s)
	}
	return nil
}
