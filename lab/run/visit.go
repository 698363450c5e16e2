package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"anylab/lab/record"
)

// journey is what the visits of a run have in common.
type journey struct {
	*Plan
	dir          *record.Dir
	about        *record.Run
	random       *rand.Rand
	tally        *tally
	stop         *stopping
	visits       []visit
	calibrations []Calibration // what each visit begins with
}

// stay builds the lab, makes the visit's trials and takes the lab down.
func (j *journey) stay(ctx context.Context, v visit) (err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	r := newRig(j.cells[v.cell], j.dir, j.suffix(v), j.tally.ui.Step, end)
	defer func() { err = errors.Join(because(ctx, err), r.close()) }()
	if err := r.build(ctx); err != nil {
		return err
	}
	for _, f := range r.world.Lab.Fallbacks() {
		if !slices.Contains(j.about.Fallbacks, f) {
			j.about.Fallbacks = append(j.about.Fallbacks, f)
		}
	}
	g := &gate{rig: r, patience: j.patienceWith(r.cell)}
	if err := g.settle(ctx); err != nil {
		return err
	}
	if err := r.calibrate(ctx, j.calibrations[v.number], j.random); err != nil {
		return err
	}
	return j.trials(ctx, g, v)
}

// trials makes the visit's trials, until its cell has enough.
func (j *journey) trials(ctx context.Context, g *gate, v visit) error {
	drawn := newMoments(j.Seed, v.cell, j.cells[v.cell].Trials)
	began := record.Now()
	for i := range v.trials {
		t := &trial{gate: g, index: v.first + i, number: j.tally.done + 1, spent: spent{from: began}}
		if err := t.carryOut(ctx, drawn); err != nil {
			return err
		}
		began = t.ended
		j.tally.done++
		j.tally.ui.Trial(j.tally.done, j.tally.total, g.cell.what()+g.cell.suffix())
		if err := j.dir.Flush(); err != nil {
			return fmt.Errorf("write the record: %w", err)
		}
		enough, err := j.stop.after(v.cell, g.cell, v.first+i+1)
		if err != nil {
			return err
		}
		if enough {
			j.tally.total -= v.trials - i - 1
			return nil
		}
	}
	return nil
}

// suffix keeps the files of several visits apart.
func (j *journey) suffix(v visit) string {
	if len(j.visits) == 1 {
		return ""
	}
	return fmt.Sprintf("-%d", v.number+1)
}

func (p *Plan) patienceWith(c cell) time.Duration {
	if p.patience != 0 {
		return p.patience
	}
	return c.patience()
}
