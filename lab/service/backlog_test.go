package service

import (
	"testing"
	"time"
)

// A server that answers 400 a second and is asked 500 times answers 400, each after the
// longest queue; one that is asked less than it can makes nobody wait.
func TestBacklog(t *testing.T) {
	for _, c := range []struct {
		capacity, asked float64
		answered        int // of those of ten seconds
		wait            time.Duration
	}{
		{0, 500, 5000, 0}, {400, 300, 3000, 0}, {400, 500, 4040, longestQueue},
	} {
		b, start := newBacklog(c.capacity), time.Now()
		answered, last := 0, time.Duration(0)
		for i := range int(10 * c.asked) {
			now := start.Add(time.Duration(float64(i) / c.asked * float64(time.Second)))
			if wait, ok := b.take(now, false); ok {
				answered, last = answered+1, wait
			}
		}
		if (answered-c.answered)*(answered-c.answered) > 4 || last > c.wait || last < c.wait-3*time.Millisecond {
			t.Errorf("%g of %g a second: %d answered, the last after %v; want %d and %v", c.asked, c.capacity, answered, last, c.answered, c.wait)
		}
	}
	b := newBacklog(1)
	for range 10 {
		if wait, ok := b.take(time.Now(), true); wait != 0 || !ok {
			t.Error("its own check waits")
		}
	}
}
