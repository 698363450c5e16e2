package probe

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// outlet is a run's Recorder. Flush is called after every look for answers, and
// sends off what has gathered.
type outlet interface {
	Recorder
	Flush() error
}

// run is a probe between Start and the last answer.
type run struct {
	Config
	transport transport
	node      string
	out       outlet
	window    *window
	start     record.Time // when request 0 is due
	together  uint64      // so many requests are due at a time

	failed atomic.Uint64 // requests that this machine could not send, set by the sender

	// Of the receiver:
	told    uint64 // how many of failed were reported
	seen    uint64 // requests before it were looked at for lateness
	decided uint64 // how many requests were answered or lost
	late    lateness
	names   map[string]string // one string for each node
}

func newRun(c Config, t transport, node string, out outlet) *run {
	interval := time.Duration(float64(time.Second) / c.Rate)
	// Twice what the schedule can have waiting: after a pause the sender catches
	// up in a burst.
	waiting := int(2*c.Rate*c.Timeout.Seconds()) + 1024
	return &run{
		Config: c, transport: t, node: node, out: out,
		together: record.Together(c.Rate), window: newWindow(waiting), late: newLateness(interval), names: map[string]string{},
	}
}

// nap bounds how long the sender sleeps without looking at its context.
const nap = 20 * time.Millisecond

// carry sends and receives until ctx ends and no request waits for an answer.
// It calls armed as soon as the first request is due.
func (r *run) carry(ctx context.Context, armed func(priority string)) error {
	ready, sent := make(chan string), make(chan error, 1)
	go func() { sent <- r.send(ctx, ready) }()
	select {
	case err := <-sent:
		return errors.Join(err, r.transport.close())
	case priority := <-ready:
		armed(priority)
	}
	err := r.receive(sent)
	if ctx.Err() == nil {
		r.died(err)
	}
	return err
}

// send is the sending thread.
func (r *run) send(ctx context.Context, armed chan<- string) error {
	// Never unlocked: the thread ends with its goroutine, and so do its
	// priority and timer slack.
	runtime.LockOSThread()
	if err := r.transport.open(); err != nil {
		return err
	}
	priority := raisePriority()
	r.start = record.Now().Add(Lead)
	armed <- priority
	for seq := uint64(0); ; seq++ {
		due := r.due(seq)
		now, ok := r.waitUntil(ctx, due)
		if !ok {
			return nil
		}
		r.window.push(due, now)
		// A request that cannot leave is lost like any other: data, not an error.
		err := r.transport.send(seq, int(seq%uint64(r.Flows)))
		r.window.leave(seq, record.Now())
		if isExhausted(err) {
			r.failed.Add(1)
		}
	}
}

// due returns when a request is to be sent. It is computed from the start, so
// that rounding does not add up.
func (r *run) due(seq uint64) record.Time {
	seq -= seq % r.together
	return r.start.Add(time.Duration(float64(seq) * float64(time.Second) / r.Rate))
}

// waitUntil sleeps until due, and on while the window is full: then the sender
// is more than a whole timeout late already. It returns when it was done, and
// false if ctx ended.
func (r *run) waitUntil(ctx context.Context, due record.Time) (record.Time, bool) {
	for ctx.Err() == nil {
		now := record.Now()
		switch {
		case now < due:
			sleepUntil(min(due, now.Add(nap)))
		case r.window.full():
			sleepUntil(now.Add(time.Millisecond))
		default:
			return now, true
		}
	}
	return 0, false
}

// isExhausted says whether a request failed for want of something on this
// machine, which says nothing about the network.
func isExhausted(err error) bool {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return false
	}
	switch errno {
	case unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EADDRNOTAVAIL, unix.ENOBUFS, unix.EAGAIN:
		return true
	}
	return false
}
