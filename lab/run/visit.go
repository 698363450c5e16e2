package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"anylab/lab/record"
)

// journey is what the visits of a run have in common.
type journey struct {
	*Plan
	dir    *record.Dir
	about  *record.Run
	random *rand.Rand
	tally  *tally
	stop   *stopping
	visits []visit
}

// stay makes the visit's trials. A lab that can't be brought back to its beginning
// otherwise is built anew, once for a trial.
func (j *journey) stay(ctx context.Context, v visit) error {
	in := lodging{suffix: j.suffix(v), calibration: v.calibration}
	for {
		made, err := j.stayIn(ctx, j.cells[v.cell], &in, func(ctx context.Context, g *gate) (int, error) { return j.trials(ctx, g, v) })
		var shut *GateError
		if !errors.As(err, &shut) || !in.settled || made == 0 && in.built > 1 {
			return err
		}
		v.first, v.trials = v.first+made, v.trials-made
		j.tally.ui.Step("the lab is not as at the beginning (" + list(shut.Missing) + "): " + string(record.Rebuild))
		j.dir.Emit(record.Event{At: record.Now(), Kind: record.KindForce,
			Data: record.Force{Index: v.first, Cell: j.cells[v.cell].Cell, How: record.Rebuild, Why: shut.Missing}})
	}
}

// lodging is what one lab of a visit leaves to the next one.
type lodging struct {
	built       int
	suffix      string // keeps the files of several labs apart
	calibration Calibration
	settled     bool                // else nothing would be gained by another one
	home        map[string][]string // by client and service: who served when the first trial began
}

// stayIn builds the lab of a cell, makes trials and takes the lab down. It returns
// how many were made.
func (j *journey) stayIn(ctx context.Context, c cell, in *lodging, trials func(context.Context, *gate) (int, error)) (made int, err error) {
	if err := j.leave(); err != nil {
		return 0, err
	}
	whole := ctx
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	suffix := in.suffix
	if in.built++; in.built > 1 {
		suffix += fmt.Sprintf("-again%d", in.built-1)
	}
	r := newRig(c, j.dir, suffix, j.tally.ui.Step, end)
	r.shown, r.passed, r.letIn = j.Exposed, j.Env, j.Pause
	r.endless = j.Soak != nil
	defer func() {
		if err == nil && j.Keep {
			j.Kept, err = r.standing(), r.rest(whole, j.Told)
			return
		}
		err = errors.Join(because(ctx, err, j.dir.Path()), r.close(whole.Err() != nil))
		j.about.AddCut(r.cutLogs)
	}()
	if err := r.build(ctx); err != nil {
		return 0, err
	}
	j.about.AddFallbacks(r.world.Lab.Fallbacks())
	g := &gate{rig: r, patience: j.patienceWith(r.cell), home: renamed(in.home, "", suffix), fixed: in.home != nil, tried: in.home != nil}
	in.settled = false
	for _, step := range []func(context.Context) error{
		g.connected, func(ctx context.Context) error { return j.rated(ctx, r) }, r.startProbes,
	} {
		if err := step(ctx); err != nil {
			return 0, err
		}
	}
	if err := g.settle(ctx); err != nil {
		return 0, err
	}
	in.settled = true
	if err := r.calibrate(ctx, in.calibration, j.random); err != nil {
		return 0, err
	}
	in.calibration = Calibration{}
	made, err = trials(ctx, g)
	if g.fixed {
		in.home = renamed(g.home, suffix, "")
	}
	return made, err
}

// where says where faults have struck whose place the trial has shown.
func (t *trial) where() string {
	if len(t.struck) == 0 {
		return ""
	}
	return ", which was " + strings.Join(t.struck, ", then ")
}

// renamed puts another end to the probe groups' names.
func renamed(home map[string][]string, from, to string) map[string][]string {
	if home == nil {
		return nil
	}
	list := map[string][]string{}
	for group, by := range home {
		list[strings.TrimSuffix(group, from)+to] = by
	}
	return list
}

// trials makes the visit's trials, until its cell has enough.
func (j *journey) trials(ctx context.Context, g *gate, v visit) (made int, err error) {
	drawn := newMoments(j.Seed, g.cell.number, j.cells[v.cell].Trials)
	began := record.Now()
	var left *GateError
	for i := range v.trials {
		t := &trial{gate: g, index: v.first + i, number: j.tally.done + 1, spent: spent{from: began}, left: left}
		if err := t.carryOut(ctx, drawn); err != nil {
			return i, err
		}
		began, left = t.ended, t.left
		j.tally.done++
		j.tally.ui.Trial(j.tally.done, j.tally.total, g.cell.what()+t.where()+g.cell.suffix())
		if err := j.dir.Flush(); err != nil {
			return i + 1, fmt.Errorf("write the record: %w", err)
		}
		enough, err := j.stop.after(v.cell, g.cell, v.first+i+1)
		if err != nil {
			return i + 1, err
		}
		if enough {
			j.tally.total -= v.trials - i - 1
			return i + 1, nil
		}
	}
	return v.trials, nil
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
