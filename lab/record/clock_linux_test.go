package record

import "testing"

// TestNow holds the clock to the kernel's. Readings are in order, so a
// disturbance between them can only widen the room.
func TestNow(t *testing.T) {
	const tolerance = 2000 // ns
	for range 1000 {
		before, now, after := monotonic(), Now(), monotonic()
		if now < before-tolerance || now > after+tolerance {
			t.Fatalf("%d ns is not between %d and %d", now, before, after)
		}
	}
}
