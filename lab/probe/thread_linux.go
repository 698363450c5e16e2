package probe

import (
	"unsafe"

	"anylab/lab/record"
	"anylab/lab/urgent"

	"golang.org/x/sys/unix"
)

// raisePriority makes the calling thread urgent, and gives it a name by which its
// waiting for a processor is told from that of the others: it is in the
// requests' send times already. It returns what was granted.
func raisePriority() string {
	name := append([]byte(record.SendingThread), 0)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
	return urgent.Raise()
}

// sleepUntil blocks the thread until t, or until a signal arrives: the caller
// looks at the clock. A deadline on the clock itself does not drift, whatever
// was done since it was computed.
//
// It is a raw system call: the Go scheduler does not know that the thread
// sleeps, and leaves its place to it. To be told, and to look for other work a
// thousand times a second, took it as long as sending does. The process has a
// place to spare (see Main).
func sleepUntil(t record.Time) {
	ts := unix.NsecToTimespec(int64(t))
	// EINTR is the only error that valid arguments can give.
	_, _, _ = unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME,
		uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
}
