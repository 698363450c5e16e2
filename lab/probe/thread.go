package probe

import (
	"unsafe"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// raisePriority lets the calling thread, which must be locked, run before
// others: first choice is the real-time class, then a better nice value.
// A container or a user namespace may deny both. It returns what was granted.
// Threads that are cloned from this one start without the privilege. The
// thread gets a name by which its waiting for a processor is told from that of
// the others: it is in the requests' send times already.
func raisePriority() string {
	name := append([]byte(record.SendingThread), 0)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
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

// sleepUntil blocks the thread until t, or until a signal arrives: the caller
// looks at the clock. A deadline on the clock itself does not drift, whatever
// was done since it was computed.
func sleepUntil(t record.Time) {
	ts := unix.NsecToTimespec(int64(t))
	// EINTR is the only error that valid arguments can give.
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil)
}
