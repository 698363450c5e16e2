package hand

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"anylab/lab/record"
)

// history passes events on to those who watch, and remembers the last of each
// subject: whoever comes later sees how the lab is from those.
type history struct {
	mu       sync.Mutex
	last     map[subject]record.Event
	watchers map[*watcher]bool
}

// subject is what an event is about.
type subject struct {
	kind       record.Kind
	node, what string
}

// subjectOf returns false for what nobody watches.
func subjectOf(e record.Event) (subject, bool) {
	s := subject{kind: e.Kind, node: e.Node}
	switch d := e.Data.(type) {
	case record.BGP:
		s.what = strings.Join([]string{d.Link, d.From, d.To, string(d.Family), string(d.Type)}, " ")
	case record.BFD:
		s.what = strings.Join([]string{d.Link, d.From, d.To, string(d.Family)}, " ")
	case record.Carrier:
		s.what = d.Dev
	case record.Fault:
		s.what = d.Kind + " " + strings.Join(d.On, " ")
	case record.Force:
	case record.Health:
		s.what = d.Service
	case record.Proc:
		s.what = d.Name
	case record.Restart:
		s.what = d.Name
	case record.Route:
		s.what = d.Prefix.String()
	default:
		return s, false
	}
	return s, true
}

// Emit implements record.Sink.
func (h *history) Emit(e record.Event) {
	s, ok := subjectOf(e)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if f, ok := e.Data.(record.Force); ok && f.How == record.Rebuild {
		h.last = nil // a new lab
	}
	if h.last == nil {
		h.last = map[subject]record.Event{}
	}
	h.last[s] = e
	for w := range h.watchers {
		w.event(e)
	}
}

// watch begins to tell a watcher, what was before first.
func (h *history) watch(w *watcher) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var before []record.Event
	for _, e := range h.last {
		before = append(before, e)
	}
	slices.SortFunc(before, func(a, b record.Event) int { return cmp.Compare(a.At, b.At) })
	for _, e := range before {
		w.event(e)
	}
	if h.watchers == nil {
		h.watchers = map[*watcher]bool{}
	}
	h.watchers[w] = true
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, w)
	}
}
