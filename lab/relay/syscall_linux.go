package relay

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls of this file are raw: the Go scheduler does not know that the
// thread may sleep. To be told, and to look for other work some thousand times
// a second, would cost it more than carrying the frames. The process has a
// place for each thread, and no garbage collector that would wait for them.

// poll waits until the socket can be read, for a time at most.
func poll(fd int, wait time.Duration) (readable bool, errno unix.Errno) {
	fds := unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	ts := unix.NsecToTimespec(int64(wait))
	n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	return n > 0, errno
}

func write(fd int, b []byte) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return errno
}

// largest is the size of a segmented frame with its headers, in bytes.
const largest = 1<<16 + 64

// maxAge is for what was just read; more means that the wall clock was set.
const maxAge = time.Second

// message is where a frame and its stamp are read to.
type message struct {
	header  unix.Msghdr
	vector  unix.Iovec
	data    [largest]byte
	control struct {
		header unix.Cmsghdr
		stamp  unix.Timespec
	}
}

func newMessage() *message {
	m := &message{}
	m.vector.Base = &m.data[0]
	m.vector.SetLen(largest)
	m.header.Iov = &m.vector
	m.header.SetIovlen(1)
	return m
}

// read returns the frame that came next. It is valid until the next one.
func (m *message) read(fd int) ([]byte, unix.Errno) {
	m.control.header = unix.Cmsghdr{}
	m.header.Control = (*byte)(unsafe.Pointer(&m.control))
	m.header.SetControllen(int(unsafe.Sizeof(m.control)))
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.header)), unix.MSG_DONTWAIT)
	if errno != 0 {
		return nil, errno
	}
	return m.data[:n], 0
}

// age is how long ago the kernel stamped what was just read. The stamp is
// CLOCK_REALTIME; the age is 0 if there is none.
func (m *message) age() time.Duration {
	if m.control.header.Level != unix.SOL_SOCKET || m.control.header.Type != unix.SCM_TIMESTAMPNS {
		return 0
	}
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME, &now) != nil {
		return 0
	}
	if age := time.Duration(now.Nano() - m.control.stamp.Nano()); age > 0 && age < maxAge {
		return age
	}
	return 0
}
