package simulate

import (
	"anylab/lab/record"
)

// history is how something was, and from when on: a packet under way meets it as it
// is when it gets there.
type history[T any] struct {
	changes []change[T]
}

type change[T any] struct {
	at record.Time
	to T
}

func (h *history[T]) set(at record.Time, to T) {
	h.changes = append(h.changes, change[T]{at, to})
}

// when returns how it was at a time.
func (h *history[T]) when(t record.Time) (was T) {
	for i := len(h.changes) - 1; i >= 0; i-- {
		if h.changes[i].at <= t {
			return h.changes[i].to
		}
	}
	return was
}

// first returns how it was when, at a time or later, it first was as is asked for.
func (h *history[T]) first(t record.Time, is func(T) bool) (was T, at record.Time, ok bool) {
	if was = h.when(t); is(was) {
		return was, t, true
	}
	for _, c := range h.changes {
		if c.at > t && is(c.to) {
			return c.to, c.at, true
		}
	}
	return was, t, false
}

// last returns how it is now.
func (h *history[T]) last() (is T) {
	if len(h.changes) == 0 {
		return is
	}
	return h.changes[len(h.changes)-1].to
}

// forget drops what was before a time.
func (h *history[T]) forget(before record.Time) {
	for len(h.changes) > 1 && h.changes[1].at <= before {
		h.changes = h.changes[1:]
	}
}
