package run

import (
	"context"
	"errors"
	"fmt"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// Moment is when a trial can be stopped.
type Moment string

// The moments of a trial.
const (
	AtGate    Moment = "gate"    // it can begin
	AtFault   Moment = "fault"   // a fault is in effect
	AtOutcome Moment = "outcome" // the outcome of the faults is known; they are to be healed
	AtFail    Moment = "fail"    // users are not served within the limit, or not as before after the healing
)

// Pause stops a trial if people are to be let in at one of the moments, and returns
// once they have left. At what the trial is stands in words.
type Pause func(ctx context.Context, s *Standing, at []Moment, what string) (paused bool, err error)

// pauseOn stops the trial if that was asked for. Meanwhile it is not measured: it is
// marked at its end.
func (t *trial) pauseOn(ctx context.Context, at ...Moment) error {
	if t.letIn == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	began := record.Now()
	paused, err := t.letIn(ctx, t.rig.standing(), at, fmt.Sprintf("trial %d%s", t.index+1, t.cell.suffix()))
	if paused {
		t.paused = append(t.paused, fmt.Sprintf("at the %s for %s", at[len(at)-1], document.Duration(record.Now().Sub(began).Round(1e6))))
	}
	return err
}

// atGate waits until the trial can begin, anew where people were in the lab.
func (t *trial) atGate(ctx context.Context) (reunited record.Time, err error) {
	before := len(t.paused)
	if reunited, err = t.ready(ctx); err == nil {
		err = t.pauseOn(ctx, AtGate)
	}
	if err != nil || len(t.paused) == before {
		return reunited, err
	}
	return t.ready(ctx)
}

// rest ends all that measures, so that only the lab stays. What happens in it from
// then on is not the run's any more.
func (r *rig) rest(ctx context.Context, told record.Sink) error {
	err := errors.Join(r.undoTo(r.stands), r.unwatch())
	if told == nil || err != nil {
		return err
	}
	r.byHand, r.events = true, told
	return r.arm(context.WithoutCancel(ctx))
}

// leave takes the lab down that was kept, for there is another one to come.
func (j *journey) leave() error {
	if j.Kept == nil {
		return nil
	}
	r := j.Kept.rig
	j.Kept = nil
	defer func() { j.about.AddCut(r.cutLogs) }()
	return r.close(false)
}
