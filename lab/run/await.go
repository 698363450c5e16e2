package run

import (
	"context"
	"time"

	"anylab/lab/record"
)

// poll is how often a condition on the probes is looked at: it delays no
// measurement, only the next step of the trial.
const poll = 5 * time.Millisecond

// await returns true once the condition holds, false at the deadline, or the
// context's error.
func await(ctx context.Context, deadline record.Time, holds func(now record.Time) bool) (bool, error) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		now := record.Now()
		if holds(now) {
			return true, nil
		}
		if now > deadline {
			return false, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// until waits for a moment of the one clock.
func until(ctx context.Context, t record.Time) error {
	timer := time.NewTimer(t.Sub(record.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
