package probe

import (
	"sync/atomic"
	"time"

	"anylab/lab/record"
)

// request is one that was sent and whose fate is not final: it waits for an
// answer, or it was answered and a duplicate may still come.
type request struct {
	due, sent record.Time
	left      atomic.Int64 // record.Time at which the sending call had returned; 0 before
	answered  bool
}

// held returns how long after its stamp the request had left at the latest. A
// sender that has not come back from its call yet is overtaken by the answer.
func (q *request) held(received record.Time) time.Duration {
	if left := record.Time(q.left.Load()); left != 0 {
		return left.Sub(q.sent)
	}
	return max(0, received.Sub(q.sent))
}

// window holds the requests of the last timeout, by number. One thread pushes,
// another looks up and pops; neither ever waits for the other, so a receiver
// that the scheduler passes over cannot make the sender late.
type window struct {
	slots []request
	head  atomic.Uint64 // the number that the next request gets
	tail  atomic.Uint64 // the oldest request in the window
}

// newWindow returns a window for at least n requests.
func newWindow(n int) *window {
	size := 64
	for size < n {
		size *= 2
	}
	return &window{slots: make([]request, size)}
}

func (w *window) slot(seq uint64) *request { return &w.slots[seq&uint64(len(w.slots)-1)] }

// full says whether a push must wait for a pop.
func (w *window) full() bool { return w.head.Load()-w.tail.Load() == uint64(len(w.slots)) }

// push adds the next request. It must come before the request is sent, or its
// answer could overtake it.
func (w *window) push(due, sent record.Time) {
	seq := w.head.Load()
	q := w.slot(seq)
	q.due, q.sent, q.answered = due, sent, false
	q.left.Store(0)
	w.head.Store(seq + 1)
}

// leave notes that the request was sent.
func (w *window) leave(seq uint64, at record.Time) { w.slot(seq).left.Store(int64(at)) }

// find returns the youngest request whose number agrees with seq in the bits
// of mask. The request stays valid until it is popped.
func (w *window) find(seq, mask uint64) (uint64, *request, bool) {
	head, tail := w.head.Load(), w.tail.Load()
	if head == tail {
		return 0, nil, false
	}
	newest := head - 1
	seq = newest - (newest-seq)&mask
	if seq-tail >= head-tail { // unsigned: also when seq is before tail
		return 0, nil, false
	}
	return seq, w.slot(seq), true
}

// oldest returns the request that the next pop takes away.
func (w *window) oldest() (uint64, *request, bool) {
	tail := w.tail.Load()
	return tail, w.slot(tail), tail != w.head.Load()
}

func (w *window) pop() { w.tail.Add(1) }
