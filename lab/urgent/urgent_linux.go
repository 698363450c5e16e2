// Package urgent lets a thread run before others where that is allowed.
package urgent

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Do calls f on an operating system's thread of its own, which runs before
// others where that is allowed, and returns when f does.
func Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread and its priority end with the goroutine
		Raise()
		done <- f()
	}()
	return <-done
}

// Raise lets the calling thread, which must be locked, run before others:
// first choice is the real-time class, then a better nice value. A container or
// a user namespace may deny both. It returns what was granted: "fifo", "nice"
// or "normal". Threads that are cloned from this one start without the
// privilege.
func Raise() string {
	// The kernel may delay an ordinary thread's timer by 50 us to save wake-ups.
	// Real-time threads have no slack, so a failure only matters without.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	fifo := unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if unix.SchedSetAttr(0, &fifo, 0) == nil {
		return "fifo"
	}
	// On Linux PRIO_PROCESS with 0 is the calling thread, not its process.
	if unix.Setpriority(unix.PRIO_PROCESS, 0, -10) == nil {
		return "nice"
	}
	return "normal"
}
