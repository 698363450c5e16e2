package record

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now reads the one clock of a run: CLOCK_MONOTONIC, which every process and
// namespace of a machine shares. Package time reads it too, and without a
// system call, but tells differences only.
func Now() Time { return begin.Add(time.Since(began)) }

// began and begin are one moment on both, to within some 100 ns: of several
// readings the one taken in the shortest time.
var began, begin = sameMoment()

func sameMoment() (of time.Time, at Time) {
	shortest := time.Duration(1<<63 - 1)
	for range 10 {
		before, now, after := monotonic(), time.Now(), monotonic()
		if took := after.Sub(before); took < shortest {
			shortest, of, at = took, now, before.Add(took/2)
		}
	}
	return of, at
}

func monotonic() Time {
	var ts unix.Timespec
	// It cannot fail: the clock exists on every kernel and ts is writable.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return Time(ts.Nano())
}

// ClockOffset returns CLOCK_REALTIME minus CLOCK_MONOTONIC, in nanoseconds.
// Kernel packet stamps are CLOCK_REALTIME: subtracting the offset maps them.
// Of several readings it keeps the one taken in the shortest time.
func ClockOffset() time.Duration {
	var best time.Duration
	shortest := time.Duration(1<<63 - 1)
	for range 5 {
		before := Now()
		wall := time.Now().UnixNano()
		after := Now()
		if took := after.Sub(before); took < shortest {
			shortest = took
			best = time.Duration(wall - (int64(before)+int64(after))/2)
		}
	}
	return best
}
