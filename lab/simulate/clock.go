package simulate

import (
	"context"
	"errors"
	"time"

	"anylab/lab/record"
	"anylab/lab/virtual"
)

// clock is virtual time: it stands still while something happens, and jumps to
// what happens next.
type clock struct {
	now   record.Time
	queue virtual.Queue[func()]
}

// after plans something.
func (c *clock) after(d time.Duration, do func()) { c.at(c.now.Add(d), do) }

func (c *clock) at(t record.Time, do func()) {
	c.queue.Put(time.Duration(max(t, c.now))-c.queue.Now(), do)
}

// runUntil lets everything happen up to a time.
func (c *clock) runUntil(t record.Time) {
	for {
		do, ok := c.queue.Take(time.Duration(t))
		if !ok {
			break
		}
		c.now = record.Time(c.queue.Now())
		do()
	}
	c.now = max(c.now, t)
	c.queue.Advance(time.Duration(c.now))
}

// step is how often states are looked at that have no event.
const step = time.Millisecond

// longest is how long nothing in a lab takes.
const longest = 10 * time.Minute

// errStandstill says that what is waited for can't come.
var errStandstill = errors.New("nothing is left to happen, and what is waited for has not")

// Await implements fault.Clock.
func (c *clock) Await(ctx context.Context, limit time.Duration, reached func(context.Context) (bool, error)) (bool, error) {
	end, never := c.now.Add(limit), c.now.Add(longest)
	for {
		if ok, err := reached(ctx); ok || err != nil {
			return ok, err
		}
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case limit > 0 && c.now >= end:
			return false, nil
		case limit == 0 && (c.queue.Len() == 0 || c.now >= never):
			return false, errStandstill
		}
		c.runUntil(c.now.Add(step))
	}
}

// Later implements fault.Clock.
func (c *clock) Later(after time.Duration, do func() (time.Duration, bool)) (stop func()) {
	stopped := false
	var turn func()
	turn = func() {
		if stopped {
			return
		}
		if again, more := do(); more {
			c.after(again, turn)
		}
	}
	c.after(after, turn)
	return func() { stopped = true }
}
