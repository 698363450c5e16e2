package simulate

import (
	"container/heap"
	"context"
	"errors"
	"time"

	"anylab/lab/record"
)

// clock is virtual time: it stands still while something happens, and jumps to
// what happens next.
type clock struct {
	now   record.Time
	queue queue
	made  uint64
}

// due is something that is going to happen.
type due struct {
	at   record.Time
	made uint64 // of two at one time, the one that was planned first comes first
	do   func()
}

type queue []due

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].made < q[j].made
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(due)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// after plans something.
func (c *clock) after(d time.Duration, do func()) { c.at(c.now.Add(d), do) }

func (c *clock) at(t record.Time, do func()) {
	c.made++
	heap.Push(&c.queue, due{max(t, c.now), c.made, do})
}

// runUntil lets everything happen up to a time.
func (c *clock) runUntil(t record.Time) {
	for len(c.queue) > 0 && c.queue[0].at <= t {
		next := heap.Pop(&c.queue).(due)
		c.now = next.at
		next.do()
	}
	c.now = max(c.now, t)
}

// step is how often states are looked at that have no event.
const step = time.Millisecond

// errStandstill says that what is waited for can't come.
var errStandstill = errors.New("nothing is left to happen, and what is waited for has not")

// Await implements fault.Clock.
func (c *clock) Await(ctx context.Context, limit time.Duration, reached func(context.Context) (bool, error)) (bool, error) {
	end := c.now.Add(limit)
	for {
		if ok, err := reached(ctx); ok || err != nil {
			return ok, err
		}
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case limit > 0 && c.now >= end:
			return false, nil
		case limit == 0 && len(c.queue) == 0:
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
