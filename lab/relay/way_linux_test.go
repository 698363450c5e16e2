package relay

import (
	"encoding/json"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/topologies"
)

// Frames leave when they are due; those that are due together in the order in
// which they came.
func TestQueueOrder(t *testing.T) {
	var q queue
	for _, f := range []struct {
		due  record.Time
		text string
	}{{30, "late"}, {10, "first"}, {10, "second"}, {20, "between"}, {10, "third"}} {
		q.add(f.due, []byte(f.text))
	}
	var got []string
	for f := q.next(); f != nil; f = q.next() {
		got = append(got, string(f.bytes))
		q.drop()
	}
	if want := "first second third between late"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	q.add(40, []byte("again")) // in the memory of one that has left
	if f := q.next(); string(f.bytes) != "again" || f.due != 40 {
		t.Errorf("got %q, due at %d", f.bytes, f.due)
	}
}

// A frame for which there is no room is lost, and that is told.
func TestFull(t *testing.T) {
	var out strings.Builder
	w := newWay("a-b", -1, -1, topologies.Shape{}, &teller{out: &out})
	for range limit {
		if err := w.keep([]byte("x"), 0); err != nil {
			t.Fatal(err)
		}
	}
	if out.Len() != 0 {
		t.Fatalf("told before it was full: %s", out.String())
	}
	if err := w.keep([]byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	var e record.Event
	if err := json.Unmarshal([]byte(out.String()), &e); err != nil {
		t.Fatalf("%q: %v", out.String(), err)
	}
	if f, ok := e.Data.(record.Finding); !ok || f.Name != "relay-overrun" || len(w.queue.waiting) != limit {
		t.Errorf("%+v, %d frames waiting", e, len(w.queue.waiting))
	}
}
