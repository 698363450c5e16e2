// Package record writes and reads the history of one run.
package record

import (
	"time"
)

// Time is a stamp in CLOCK_MONOTONIC nanoseconds, comparable across all
// processes and network namespaces of one run, and across nothing else.
type Time int64

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// An Event is one thing that happened, stamped next to where it happened.
// Data is the payload that the kind names, by value (see kinds.go).
type Event struct {
	At   Time
	Kind Kind
	Node string // where it was seen; empty for the harness itself
	Data any
}

// A Sink takes events from many goroutines at once. Emit never blocks on
// anything slower than a buffered write; a failure to write is kept and
// returned when the run directory is closed.
type Sink interface{ Emit(Event) }

// SinkFunc makes a function a Sink.
type SinkFunc func(Event)

// Emit calls f.
func (f SinkFunc) Emit(e Event) { f(e) }
