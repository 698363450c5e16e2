package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/page"
)

// array is a Slurm array whose tasks make the shards of a run or of a suite.
type array struct {
	id    string
	dir   string // where they leave them
	tasks int
}

const (
	queueEvery = time.Second
	// patience is for how long Slurm may not answer: its controller may be restarting.
	slurmPatience = 5 * time.Minute
)

// follow says how far the tasks are until none is left.
func (a *array) follow(ctx context.Context, w io.Writer, quiet bool) error {
	bar := bar{w: w, width: terminal(w), quiet: quiet, of: a.tasks}
	defer bar.end()
	answered := time.Now()
	for {
		states, err := a.queue(ctx)
		switch {
		case ctx.Err() != nil:
			return exitError{exitInterrupted, fmt.Errorf("interrupted; the tasks go on (scancel %s ends them), and afterwards: anylab merge %s", a.id, record.ShellWord(a.dir))}
		case err == nil:
			answered = time.Now()
			bar.show(a.recorded(), states)
			if len(states) == 0 {
				return nil
			}
		case time.Since(answered) > slurmPatience:
			return exitError{exitUnavailable, fmt.Errorf("no answer from Slurm for %s: %w; once the tasks have ended: anylab merge %s", slurmPatience, err, record.ShellWord(a.dir))}
		}
		select {
		case <-ctx.Done():
		case <-time.After(queueEvery):
		}
	}
}

// queue lists the states of the tasks that have not ended, as squeue(1) names them.
// Slurm forgets a job some time after its end.
func (a *array) queue(ctx context.Context) ([]string, error) {
	said, err := slurm(ctx, "squeue", "--noheader", "--array", "--jobs="+a.id, "--format=%T")
	if err != nil && strings.Contains(err.Error(), "Invalid job id") {
		return nil, nil
	}
	return strings.Fields(said), err
}

// recorded counts the shards that were recorded to their end.
func (a *array) recorded() int {
	found := map[int]bool{}
	for _, dir := range record.ShardsBelow(shardDepth, filepath.Join(a.dir, "shards")) {
		if shard, outcome := shardIn(dir); shard != nil && outcome == "completed" {
			found[shard.Index] = true
		}
	}
	return len(found)
}

// shardIn says which shard of a run or a suite a directory is, and what became of it.
func shardIn(dir string) (*record.Shard, string) {
	if record.IsSuite(dir) {
		s, _ := record.ReadSuite(dir) // what can't be read is none yet
		return s.Shard, s.Outcome
	}
	r, _ := record.ReadRun(dir)
	return r.Shard, r.Outcome
}

// whatTheySaid adds to an error the last words of the tasks whose shards are missing.
func (a *array) whatTheySaid(err error) error {
	var judged exitError
	if errors.As(err, &judged) {
		return err
	}
	for i := 1; i <= a.tasks; i++ {
		path := filepath.Join(a.dir, "said", fmt.Sprint(i)+".txt")
		text, rerr := os.ReadFile(path)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if last := lines[len(lines)-1]; rerr == nil && strings.HasPrefix(last, "anylab: ") {
			err = fmt.Errorf("%w\n%s: %s", err, path, strings.TrimPrefix(last, "anylab: "))
		}
	}
	return exitError{exitUnavailable, err}
}

// bar shows how many of several things are done: on a terminal in one line, else in a
// line for each change.
type bar struct {
	w     io.Writer
	width int // 0: no terminal
	quiet bool
	of    int
	last  string
}

// barCells is how wide the drawn part is.
const barCells = 20

func (b *bar) show(done int, states []string) {
	text := fmt.Sprintf("%d of %d shards recorded", done, b.of)
	if b.width > 0 {
		full := barCells * done / max(1, b.of)
		text = strings.Repeat("█", full) + strings.Repeat("░", barCells-full) + " " + text
	}
	for _, state := range slices.Compact(slices.Sorted(slices.Values(states))) {
		n := len(slices.DeleteFunc(slices.Clone(states), func(s string) bool { return s != state }))
		text += fmt.Sprintf(", %d %s", n, cmp.Or(inWords[state], strings.ToLower(state)))
	}
	if text == b.last || b.quiet {
		return
	}
	b.last = text
	if b.width > 0 {
		text = "\r\x1b[K" + page.Line(text)
	} else {
		text += "\n"
	}
	fmt.Fprint(b.w, text)
}

// inWords are the states of a task that have shorter names (squeue(1)).
var inWords = map[string]string{"PENDING": "waiting", "COMPLETING": "ending"}

// end leaves the line as it is.
func (b *bar) end() {
	if b.width > 0 && b.last != "" {
		fmt.Fprintln(b.w)
	}
}
