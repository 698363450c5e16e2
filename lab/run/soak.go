package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"anylab/lab/record"
)

// Soak is how long faults come, one after the other in a random order.
type Soak struct {
	For    time.Duration // from when the lab is there; 0: for ever
	Trials int           // so many faults at most; 0: as many as come
	Calm   time.Duration // between two faults, on average: half of that to half as much again
	// Made judges a fault once its record is whole, and says whether that is to be kept and
	// whether it was the last one.
	Made func(record.SoakTrial) (keep, last bool, err error)
}

// Order is the order in which the seed has the plan's failures come: each once in every
// round, without end.
func (p *Plan) Order() iter.Seq[Failure] {
	return func(yield func(Failure) bool) {
		for i := range p.order() {
			if !yield(p.failureOf(p.cells[i])) {
				return
			}
		}
	}
}

// order gives the cells of the failures.
func (p *Plan) order() iter.Seq[int] {
	return func(yield func(int) bool) {
		for random := rand.New(rand.NewPCG(p.Seed, 1)); ; {
			for _, i := range random.Perm(len(p.cells)) {
				if !yield(i) {
					return
				}
			}
		}
	}
}

func (p *Plan) failureOf(c cell) Failure {
	at := slices.IndexFunc(p.Validation.Failures, func(f Failure) bool { return f.Label == c.Cell[record.CellLabel] })
	return p.Validation.Failures[at]
}

// soaking is a journey whose trials come without end. All are made in one lab, as long as
// that stands.
type soaking struct {
	*journey
	order func() (cell int, ok bool)
	made  []int     // by cell
	until time.Time // zero: for ever, or not known yet
	over  bool
	begun struct{ number, cell int } // what the record is about that is being written
}

// Stretch names the part of a soak's record that has the fault of that number.
func Stretch(number int) string { return fmt.Sprintf("trial-%04d", number) }

func (j *journey) soak(ctx context.Context) error {
	next, stop := iter.Pull(j.order())
	defer stop()
	s := &soaking{journey: j, order: next, made: make([]int, len(j.cells))}
	s.begin()
	shared := j.cells[0]
	shared.Cell, shared.faults = nil, nil
	in := lodging{}
	for !s.over {
		j.dir.Opens()
		made, err := j.stayIn(ctx, shared, &in, s.trials)
		if err == nil {
			continue
		}
		if ctx.Err() != nil || !in.settled || made == 0 && in.built > 1 {
			return err
		}
		if err := s.judged(err.Error()); err != nil {
			return err
		}
		j.tally.ui.Step("the lab is built anew: " + err.Error())
	}
	return nil
}

// trials makes those of a lab.
func (s *soaking) trials(ctx context.Context, g *gate) (made int, err error) {
	s.dir.Opened()
	if s.until.IsZero() && s.Soak.For > 0 {
		s.until = time.Now().Add(s.Soak.For)
	}
	shared := g.cell
	defer func() { g.cell = shared }()
	began := record.Now()
	var left *GateError
	for ; !s.over; made++ {
		g.cell = s.cells[s.begun.cell]
		g.bound = s.failureOf(g.cell).Bound
		t := &trial{gate: g, index: s.made[s.begun.cell], number: s.begun.number, spent: spent{from: began}, left: left,
			calm: func(ctx context.Context) error { return s.rest(ctx, g) }}
		if err := t.carryOut(ctx, newMoments(s.Seed, g.cell.number, longestBlock)); err != nil {
			return made, err
		}
		began, left = t.ended, t.left
		if err := s.recorded(ctx, g, t.ended); err != nil {
			return made, err
		}
		if err := s.judged(""); err != nil {
			return made, err
		}
	}
	return made, nil
}

// rest takes stock of a lab that is as at the beginning, and leaves it alone for a while.
func (s *soaking) rest(ctx context.Context, g *gate) error {
	g.dir.Emit(record.Event{At: record.Now(), Kind: record.KindStock, Data: takeStock(g.holders())})
	random := rand.New(rand.NewPCG(s.Seed, 1<<32+uint64(s.begun.number)))
	return until(ctx, record.Now().Add(s.Soak.Calm/2+time.Duration(random.Float64()*float64(s.Soak.Calm))))
}

// begin turns to the next fault.
func (s *soaking) begin() {
	s.begun.number++
	s.begun.cell, _ = s.order() // there is no end of them
}

// stretch is run.json of the part of the record that has the fault which was begun.
func (s *soaking) stretch() record.Run {
	run := *s.about
	run.Validation, run.Outcome = nil, "completed"
	run.Ended = time.Now().UTC()
	for _, c := range s.about.Cells {
		if maps.Equal(c.Values, s.cells[s.begun.cell].Cell) {
			c.Trials, c.Stop = 1, nil
			run.Cells = []record.Cell{c}
		}
	}
	return run
}

// judged ends the part of the record that has the fault, has it judged, and begins the
// next one. lost is what ended the lab; empty: it stands.
func (s *soaking) judged(lost string) error {
	done, run := s.begun, s.stretch()
	s.made[done.cell]++
	s.begin()
	ended, err := s.dir.Roll(run, Stretch(s.begun.number), s.stretch())
	if err != nil {
		return fmt.Errorf("write the record: %w", err)
	}
	keep, last, err := s.Soak.Made(record.SoakTrial{Number: done.number, Failure: s.failureOf(s.cells[done.cell]).Failure,
		Limit: s.cells[done.cell].Limit, Stretch: ended, Lost: lost, Ended: run.Ended})
	if err == nil && keep {
		err = s.dir.Evidence(ended)
	}
	if err == nil && !keep {
		err = os.RemoveAll(ended)
	}
	for _, file := range glob(filepath.Join(s.dir.Path(), "logs", "*", fmt.Sprintf("state-%03d-*.txt", done.number))) {
		err = errors.Join(err, os.Remove(file))
	}
	s.tally.done++
	s.over = last || s.Soak.Trials > 0 && done.number >= s.Soak.Trials || !s.until.IsZero() && time.Now().After(s.until)
	return err
}
