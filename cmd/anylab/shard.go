package main

import (
	"errors"
	"fmt"
	"math"
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
	s, told, err := f.dividedAs()
	if err != nil || c.Flags().Changed("seed") {
		return s, f.seed, err
	}
	seed, err = told.seed()
	if err == nil && seed == 0 {
		err = errors.New("--shard: the trials of all shards are drawn with one seed: give each the same --seed")
	}
	return s, seed, err
}

// dividedAs reads what --shard was given. With auto an engine tells it, which may give a
// seed as well.
func (f *runFlags) dividedAs() (s record.Shard, told engine, err error) {
	if f.shard != "auto" {
		s, err = parseShard(f.shard)
		return s, told, err
	}
	var found *engine
	for i, e := range engines {
		if os.Getenv(e.index) == "" {
			continue
		}
		if found != nil {
			return s, told, fmt.Errorf("--shard auto: this is %s ($%s) and %s ($%s) as well: say --shard K/N", found.name, found.index, e.name, e.index)
		}
		found = &engines[i]
	}
	if found == nil {
		return s, told, errors.New("--shard auto: the environment is of no batch engine that tells a task its place: a Slurm array, a Kubernetes Indexed Job, a GitLab parallel job; say --shard K/N")
	}
	if s, err = found.place(); err != nil {
		err = fmt.Errorf("--shard auto, in %s: %w", found.name, err)
	}
	return s, *found, err
}

func (e engine) place() (s record.Shard, err error) {
	index, err := variable(e.index)
	first, err1 := variable(e.first)
	count, err2 := variable(e.count)
	step, err3 := 1, error(nil)
	if e.step != "" && os.Getenv(e.step) != "" {
		step, err3 = variable(e.step)
	}
	if err := errors.Join(err, err1, err2, err3); err != nil {
		return s, err
	}
	step = max(1, step)
	if (index-first)%step != 0 {
		return s, fmt.Errorf("$%s is %d, which no step of %d from %d reaches", e.index, index, step, first)
	}
	s = record.Shard{Index: (index-first)/step + 1, Of: count}
	return s, counted(s)
}

// seed is what the engine gives all tasks alike; 0: nothing.
func (e engine) seed() (uint64, error) {
	text := os.Getenv(e.job)
	if text == "" {
		return 0, nil
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("--shard auto, in %s: $%s is %q, want a number up to %d for the seed, or --seed", e.name, e.job, text, uint64(math.MaxUint64))
	}
	return seed, nil
}

// variable reads a number of the environment, or one that stands for itself.
func variable(name string) (int, error) {
	if n, err := strconv.Atoi(name); err == nil {
		return n, nil
	}
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return 0, fmt.Errorf("$%s is %q, want a number%s", name, os.Getenv(name), upTo(err))
	}
	return n, nil
}

func parseShard(text string) (record.Shard, error) {
	index, of, found := strings.Cut(text, "/")
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	s := record.Shard{Index: i, Of: n}
	if err = errors.Join(err, err2); !found || err != nil || counted(s) != nil {
		return s, fmt.Errorf("--shard %s: want K/N, with K from 1 to N%s, or auto", text, upTo(err))
	}
	return s, nil
}

// upTo says of a number that is too large how large it may be.
func upTo(err error) string {
	if !errors.Is(err, strconv.ErrRange) {
		return ""
	}
	return fmt.Sprintf(" up to %d", math.MaxInt)
}

func counted(s record.Shard) error {
	if s.Index < 1 || s.Index > s.Of {
		return fmt.Errorf("shard %v: there is none", s)
	}
	return nil
}
