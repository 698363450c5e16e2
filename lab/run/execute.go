package run

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"anylab/lab/record"
)

// Progress is told what is being done. Its methods are called in order, from
// one goroutine.
type Progress interface {
	Step(what string)
	Trial(done, total int, what string) // 0 in all: how many there will be is not known
}

// rounds is how often every cell of a matrix is visited: trials of different
// cells are interleaved, so that a drift of the machine hits all alike
// (anylab help statistics), at the price of building each lab that often.
const rounds = 3

// visit is one stay in one cell: a lab is built, some trials are made in it.
type visit struct {
	cell   int
	number int // of all visits, from 0
	first  int // index of its first trial within the cell
	trials int

	calibration Calibration // before the first trial
}

// schedule divides every cell's trials over the rounds, in a seeded order. Cells
// with a rule to stop by have more rounds, which may turn out to be needless.
func (p *Plan) schedule(random *rand.Rand) []visit {
	n := rounds
	if len(p.cells) == 1 {
		n = 1
	}
	made := make([]int, len(p.cells))
	targets := make([][]int, len(p.cells))
	last := 0
	for i, c := range p.cells {
		targets[i] = c.targets(n)
		last = max(last, len(targets[i]))
	}
	var visits []visit
	for round := range last {
		for _, c := range random.Perm(len(p.cells)) {
			if round < len(targets[c]) && targets[c][round] > made[c] {
				upTo := targets[c][round]
				visits = append(visits, visit{cell: c, number: len(visits), first: made[c], trials: upTo - made[c]})
				made[c] = upTo
			}
		}
	}
	p.calibrate(visits)
	return visits
}

// Execute carries the plan out and records it. It must run inside the
// sandbox. about is run.json as it was written; it is completed at the end.
// What was recorded before an error, or before ctx ended, stays readable.
func (p *Plan) Execute(ctx context.Context, dir *record.Dir, about record.Run, ui Progress) error {
	about.Outcome = "completed"
	if p.Told != nil {
		dir.Tell(p.Told)
	}
	err := p.keepFiles(dir)
	if err == nil {
		err = kept(ctx, dir, func(ctx context.Context) error { return p.visitAll(ctx, dir, &about, ui) })
	}
	switch {
	case ctx.Err() != nil:
		about.Outcome = "interrupted"
		err = ctx.Err()
	case err != nil:
		about.Outcome = err.Error()
	}
	about.Ended = time.Now().UTC()
	if werr := dir.WriteRun(about); err == nil {
		err = werr // else it is the first failure that counts
	}
	return err
}

// kept does the work while the record is kept, and ends it when the record
// can't be.
func kept(ctx context.Context, dir *record.Dir, work func(context.Context) error) error {
	ctx, end := context.WithCancelCause(ctx)
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	keeper := make(chan error, 1)
	go func() {
		err := dir.Keep(keeping, record.KeepEvery)
		if err != nil {
			end(err)
		}
		keeper <- err
	}()
	err := work(ctx)
	stop()
	defer end(nil)
	if lost := <-keeper; lost != nil {
		return lost // whatever else failed, failed because of it
	}
	return err
}

func (p *Plan) visitAll(ctx context.Context, dir *record.Dir, about *record.Run, ui Progress) error {
	j := &journey{Plan: p, dir: dir, about: about, random: p.beginning(), tally: &tally{ui: ui}, stop: p.stopping(dir, about)}
	j.visits = p.share(p.schedule(j.random))
	for _, v := range j.visits {
		j.tally.total += v.trials
	}
	if p.Soak != nil {
		return j.soak(ctx)
	}
	if p.Choose != nil {
		return j.rounds(ctx)
	}
	var failed error
	for _, v := range j.visits {
		if j.stop.met[v.cell] {
			j.tally.total -= v.trials
			continue
		}
		err := j.stay(ctx, v)
		if ctx.Err() != nil || err != nil && !p.KeepGoing {
			return err
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// tally counts trials over all visits for the progress display.
type tally struct {
	ui          Progress
	done, total int
}
