package urgent_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"anylab/lab/urgent"
)

// The thread has what Raise says that it was granted, and no other thread has.
func TestDo(t *testing.T) {
	before := attributes(t)
	failure := errors.New("failure")
	err := urgent.Do(func() error {
		granted, got := urgent.Raise(), attributes(t)
		if fifo, nice := got.Policy == unix.SCHED_FIFO, got.Nice == -10; fifo != (granted == "fifo") || !fifo && nice != (granted == "nice") {
			t.Errorf("granted %q: policy %d, nice %d", granted, got.Policy, got.Nice)
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v, want the function's error", err)
	}
	for range 10 {
		if after := attributes(t); after.Policy != before.Policy || after.Nice != before.Nice {
			t.Fatalf("policy %d, nice %d afterwards, want %d and %d", after.Policy, after.Nice, before.Policy, before.Nice)
		}
	}
}

// attributes are those of the calling thread.
func attributes(t *testing.T) *unix.SchedAttr {
	t.Helper()
	a, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
