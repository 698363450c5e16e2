package bfd

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// onThread calls f on an operating system's thread of its own, which runs
// before others where that is allowed, and returns when f does. On a busy
// machine an ordinary thread waits 40 ms for its turn: at 10 ms x 3 the
// neighbor would take the path for broken. Routers have BFD run ahead of
// everything else for the same reason.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread and its priority end with the goroutine
		raisePriority()
		done <- f()
	}()
	return <-done
}

// raisePriority asks for the real-time class, else for a better nice value. A
// container or a user namespace may deny both, and BFD works without. Threads
// cloned from this one start without the privilege.
func raisePriority() {
	// The kernel may delay an ordinary thread's timer by 50 us to save
	// wake-ups.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	fifo := unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if unix.SchedSetAttr(0, &fifo, 0) != nil {
		// On Linux PRIO_PROCESS with 0 is the calling thread, not its process.
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -10)
	}
}
