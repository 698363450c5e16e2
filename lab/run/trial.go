package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"anylab/lab/fault"
	"anylab/lab/record"
)

// asBefore is the least time from a trial's begin to its fault. The requests of
// that time show who served whom, and that nothing was lost.
const asBefore = 50 * time.Millisecond

// trip is the time after which the answer to a request should be known: what the
// links' delays make of it, or what it takes.
func (t *trial) trip() time.Duration { return max(t.cell.roundTrip(), t.clients.trip()) }

// trial gates, breaks, waits, mends and gates again. The faults know nothing of
// stamps and records: this is the one place that does.
type trial struct {
	*gate
	index    int // within its cell, from 0
	number   int // within the run, from 1
	spent    spent
	ended    record.Time                 // when the next one's time begins
	left     *GateError                  // what the trial before left undone: the lab did not come back by itself
	struck   []string                    // where faults that strike whoever serves have struck
	returned *bool                       // whether it did after this one; nil: nothing was healed
	surveyed bool                        // after its faults
	decided  bool                        // the outcome of all faults is known
	faulted  record.Time                 // just before the first fault was injected; 0: none was
	paused   []string                    // for how long, and when
	calm     func(context.Context) error // comes before the fault; nil: nothing does
}

// carryOut makes the trial. Its fault's moment is one of those drawn.
func (t *trial) carryOut(ctx context.Context, drawn moments) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	defer t.survey(ctx, record.Healed)
	t.mark(record.TrialBegin, nil)
	defer func() {
		if len(t.paused) > 0 {
			t.finding("paused", "people were let in "+list(t.paused))
		}
		t.ended = record.Now()
		t.mark(record.TrialEnd, t.spent.total(t.ended))
	}()
	if t.calm != nil {
		if err := timed(&t.spent.Phase, func() error { return t.calm(ctx) }); err != nil {
			return err
		}
	}
	if len(t.cell.faults) == 0 {
		err := timed(&t.spent.Fault, func() error { return until(ctx, record.Now().Add(2*t.cell.Sustain+t.trip())) })
		return errors.Join(err, t.pauseOn(ctx, AtOutcome))
	}
	moment := drawn.next(t.index, t.cell.period(), record.Now().Add(asBefore+t.trip()))
	if err := timed(&t.spent.Phase, func() error { return until(ctx, moment) }); err != nil {
		return err
	}
	healed, err := t.breakAndMend(ctx)
	if err != nil {
		return fmt.Errorf("trial %d: %w", t.index+1, err)
	}
	return timed(&t.spent.Recovery, func() error { return t.recovered(ctx, healed) })
}

// begin waits until the trial can begin, and surveys the lab. Where it turns out to
// have been on the way elsewhere, the trial begins there.
func (t *trial) begin(ctx context.Context) error {
	for {
		reunited, err := t.atGate(ctx)
		if err != nil {
			return fmt.Errorf("trial %d: %w", t.index+1, err)
		}
		t.left = nil
		t.spent.Reunion = max(0, reunited.Sub(t.spent.from))
		moved, err := t.surveyFirst(ctx, t.limit())
		t.tried = true
		if err != nil || !moved {
			return err
		}
		t.home, t.fixed = t.clients.answering(), false
	}
}

func (t *trial) mark(phase record.TrialPhase, spent *record.Spent) {
	t.dir.Emit(record.Event{At: record.Now(), Kind: record.KindTrial,
		Data: record.Trial{Index: t.index, Cell: t.cell.Cell, Phase: phase, Spent: spent, Returned: t.returned}})
}

// recovered waits until the clients are back home for the sustain time. That they
// don't come back within the limit is a result like any other.
func (t *trial) recovered(ctx context.Context, healed record.Time) error {
	r := reminder{since: healed}
	ok, err := await(ctx, healed.Add(t.cell.Limit+t.trip()), func(now record.Time) bool {
		r.remind(t.gate, now, t.unserved)
		return t.atHome(now, healed, t.cell.Sustain)
	})
	if err != nil {
		return err
	}
	if t.returned = &ok; !ok {
		missing, said := t.missing(ctx), map[string]bool{} // both ends miss a session, which one message ended
		for i, m := range missing {
			if words := t.endedBy(m, t.faulted); !said[words] {
				missing[i] += words
				said[words] = true
			}
		}
		t.left = &GateError{orLate(append(missing, t.unserved()...))}
		t.finding("not-recovered", list(t.left.Missing))
		return t.pauseOn(ctx, AtFail)
	}
	return nil
}

// broken is a fault that is in effect.
type broken struct {
	planned
	fault.Injected
	asked     record.Time // just before it was injected
	effective record.Time
	heal      record.Time // when to heal; 0: when the outcome is known
}

// breakAndMend injects the faults at their offsets and heals each after its
// time, or all once the outcome is known. It returns when the last one was
// healed. Healing survives an interrupt and a failed injection.
func (t *trial) breakAndMend(ctx context.Context) (record.Time, error) {
	waiting := slices.Clone(t.cell.faults)
	slices.SortStableFunc(waiting, func(a, b planned) int { return cmp.Compare(a.spec.After, b.spec.After) })
	var active []broken
	start := record.Now()
	for len(waiting) > 0 || len(active) > 0 {
		heal, at := next(start, waiting, active)
		err := timed(&t.spent.Fault, func() error {
			if heal < 0 || len(waiting) > 0 {
				return until(ctx, at)
			}
			return t.outcomeBy(ctx, at)
		})
		switch {
		case err != nil:
		case heal < 0:
			f := waiting[0]
			waiting = waiting[1:]
			var b broken
			if f, err = t.resolved(f, active); err == nil {
				b, err = t.inject(ctx, f)
			}
			if err != nil && b.Fault == nil {
				break
			}
			if t.faulted == 0 {
				t.faulted = b.asked
			}
			if len(active) == 0 {
				start = b.effective.Add(-f.spec.After)
			}
			active = append(active, b)
			if err == nil {
				err = t.pauseOn(ctx, AtFault)
			}
		default:
			if err = t.heal(ctx, active[heal]); err == nil {
				active = slices.Delete(active, heal, heal+1)
			}
		}
		if err != nil {
			return 0, errors.Join(err, t.healAll(ctx, active))
		}
	}
	return record.Now(), nil
}

// next says what comes next and when: the healing of an active fault, or the
// injection of the first that waits (heal is -1). 0 is once the outcome is known.
func next(start record.Time, waiting []planned, active []broken) (heal int, at record.Time) {
	heal = -1
	for i, b := range active {
		if b.heal != 0 && (heal < 0 || b.heal < at) {
			heal, at = i, b.heal
		}
	}
	if len(waiting) > 0 {
		if inject := start.Add(waiting[0].spec.After); heal < 0 || inject <= at {
			return -1, inject
		}
	}
	if heal < 0 {
		return len(active) - 1, 0
	}
	return heal, at
}

func healTime(effective record.Time, after time.Duration) record.Time {
	if after == 0 {
		return 0
	}
	return effective.Add(after)
}

// outcome waits until every client has been served without loss for the
// sustain time, after theory would have the fault detected or others serve those
// whom it strikes, or until the limit. All of that is in times of sending, so it is
// known a round trip later.
func (t *trial) outcome(ctx context.Context, injected record.Time) (served bool, err error) {
	known := injected
	if !t.cell.theory.Unbounded {
		known = injected.Add(t.cell.theory.High)
	}
	return await(ctx, injected.Add(t.cell.Limit+t.trip()), func(now record.Time) bool {
		since := known
		if t.moved() {
			since = injected
		}
		return t.clients.othersServed(t.bound, now, since, t.cell.Sustain)
	})
}
