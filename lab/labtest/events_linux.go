package labtest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"anylab/lab/record"
)

// Events is a record.Sink that keeps everything. Its zero value is ready.
type Events struct {
	mu     sync.Mutex
	all    []record.Event
	change chan struct{} // closed by the next Emit
}

// Emit keeps e.
func (s *Events) Emit(e record.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, e)
	if s.change != nil {
		close(s.change)
		s.change = nil
	}
}

// All returns the events so far, in the order in which they came.
func (s *Events) All() []record.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

// Of returns the events so far of one kind.
func (s *Events) Of(kind record.Kind) []record.Event {
	return slices.DeleteFunc(s.All(), func(e record.Event) bool { return e.Kind != kind })
}

// Wait returns the first event for which match is true, of those so far or of
// those to come. It fails the test when none has come after timeout.
func (s *Events) Wait(t testing.TB, timeout time.Duration, match func(record.Event) bool) record.Event {
	t.Helper()
	late := time.NewTimer(timeout)
	defer late.Stop()
	for seen := 0; ; {
		all, change := s.since(seen)
		if i := slices.IndexFunc(all, match); i >= 0 {
			return all[i]
		}
		seen += len(all)
		select {
		case <-change:
		case <-late.C:
			t.Fatalf("no such event in %v; there were %d others", timeout, seen)
			return record.Event{}
		}
	}
}

// since returns the events from the index on, and a channel that is closed
// when there are more.
func (s *Events) since(index int) ([]record.Event, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.change == nil {
		s.change = make(chan struct{})
	}
	return slices.Clone(s.all[index:]), s.change
}
