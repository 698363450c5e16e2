package hand

import (
	"net/netip"
	"slices"
	"testing"

	"anylab/lab/record"
)

// TestWhoComesLaterIsToldHowItIs: the last of each subject, in the order in which it
// happened, and nothing of a lab before.
func TestWhoComesLaterIsToldHowItIs(t *testing.T) {
	var h history
	prefix := netip.MustParsePrefix("192.0.2.1/32")
	h.Emit(record.Event{At: 1, Kind: record.KindRoute, Node: "old", Data: record.Route{Prefix: prefix}})
	h.Emit(record.Event{At: 2, Kind: record.KindForce, Data: record.Force{How: record.Rebuild}})
	h.Emit(record.Event{At: 3, Kind: record.KindRoute, Node: "upstream", Data: record.Route{Prefix: prefix, Hops: []record.Hop{{Node: "a"}}}})
	h.Emit(record.Event{At: 4, Kind: record.KindBGP, Node: "upstream", Data: record.BGP{Link: "upstream-a", From: "a", To: "upstream", Type: record.BGPKeepalive}})
	h.Emit(record.Event{At: 5, Kind: record.KindRoute, Node: "upstream", Data: record.Route{Prefix: prefix, Hops: []record.Hop{{Node: "b"}}}})
	h.Emit(record.Event{At: 6, Kind: record.KindLoad, Data: record.Load{}})
	w := &watcher{}
	stop := h.watch(w)
	h.Emit(record.Event{At: 7, Kind: record.KindCarrier, Node: "a", Data: record.Carrier{Dev: "eth0"}})
	stop()
	h.Emit(record.Event{At: 8, Kind: record.KindCarrier, Node: "a", Data: record.Carrier{Dev: "eth0", Up: true}})
	var at []record.Time
	for _, e := range w.take().Events {
		at = append(at, e.At)
	}
	if want := []record.Time{2, 4, 5, 7}; !slices.Equal(at, want) {
		t.Errorf("told of the events at %v, want %v", at, want)
	}
}

// TestASlowWatcherMisses what there is no room for, and is told so.
func TestASlowWatcherMisses(t *testing.T) {
	w := &watcher{samples: map[string]*Asked{}}
	for range mostUntold + 3 {
		w.event(record.Event{Kind: record.KindForce, Data: record.Force{}})
	}
	if s := w.take(); len(s.Events) != mostUntold || s.Missed != 3 {
		t.Errorf("%d events, %d missed", len(s.Events), s.Missed)
	}
	if s := w.take(); len(s.Events) != 0 || s.Missed != 0 {
		t.Errorf("%d events, %d missed after all was told", len(s.Events), s.Missed)
	}
}
