// Package virtual keeps virtual time: what is to happen, in the order of its moments.
package virtual

import "time"

// Queue holds what is to happen. What happens at one moment comes out in the order
// in which it was put in, so that a simulation repeats itself. The zero Queue is
// empty, at moment 0.
type Queue[T any] struct {
	heap []item[T]
	next uint64
	now  time.Duration
}

// item is one thing in the heap, each of whose nodes has four children: half as
// deep as one of two, and the children lie side by side.
type item[T any] struct {
	at   time.Duration
	turn uint64
	what T
}

const children = 4

func (a item[T]) before(b *item[T]) bool { return a.at < b.at || a.at == b.at && a.turn < b.turn }

// Now is the moment of what came out last.
func (q *Queue[T]) Now() time.Duration { return q.now }

// Len is how many things are still to happen.
func (q *Queue[T]) Len() int { return len(q.heap) }

// Reset empties the queue and begins at the moment.
func (q *Queue[T]) Reset(now time.Duration) { q.heap, q.next, q.now = q.heap[:0], 0, now }

// Put lets something happen after a while; a negative one is none.
func (q *Queue[T]) Put(after time.Duration, what T) {
	x := item[T]{q.now + max(0, after), q.next, what}
	q.next++
	q.heap = append(q.heap, x)
	i := len(q.heap) - 1
	for i > 0 {
		up := (i - 1) / children
		if !x.before(&q.heap[up]) {
			break
		}
		q.heap[i] = q.heap[up]
		i = up
	}
	q.heap[i] = x
}

// Advance lets time pass to a moment before which nothing happens.
func (q *Queue[T]) Advance(to time.Duration) { q.now = max(q.now, to) }

// Take returns what happens next, no later than until; ok is false if nothing does.
func (q *Queue[T]) Take(until time.Duration) (what T, ok bool) {
	if len(q.heap) == 0 || q.heap[0].at > until {
		return what, false
	}
	first := q.heap[0]
	last := len(q.heap) - 1
	x := q.heap[last]
	q.heap = q.heap[:last]
	if last > 0 {
		q.sink(x)
	}
	q.now = first.at
	return first.what, true
}

// sink finds the place of x, which comes from the end, below the top.
func (q *Queue[T]) sink(x item[T]) {
	h, i := q.heap, 0
	for {
		first := children*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for c := first + 1; c < min(first+children, len(h)); c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&x) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = x
}
