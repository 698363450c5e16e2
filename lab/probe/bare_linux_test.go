package probe_test

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/lab/urgent"

	"golang.org/x/sys/unix"
)

// measureBare measures what the least program costs that asks at the rate: the
// difference to a probe is what a probe adds.
func measureBare(b *testing.B, rate float64) {
	l := labtest.OpenTopology(b, pair(), lab.Options{})
	client, server := benchNode(b, l, "c"), benchNode(b, l, "r")
	startAnswering(b, server, client)
	program, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	proc, err := client.Start(b.Context(), "bare", exec.Command(program, "bare", server4.String(), strconv.FormatFloat(rate, 'f', 0, 64)), lab.RunFirst)
	if err != nil {
		b.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // it is under way
	var c cost
	for b.Loop() {
		c.measure(b, client)
	}
	c.report(b, rate)
	proc.Expect()
	if err := proc.Stop(context.WithoutCancel(b.Context())); err != nil {
		b.Fatal(err)
	}
}

const (
	bareFlows = 16
	bareTick  = 10 * time.Millisecond // as a probe's
)

// bare is its process: one thread sleeps, sends what is due, and reads what has
// come, without a look at it. It ends when it is killed.
func bare(args []string) int {
	runtime.LockOSThread()
	urgent.Raise()
	rate, err := strconv.ParseFloat(args[1], 64)
	if err != nil {
		return 2
	}
	to := netip.MustParseAddrPort(args[0])
	raw := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.Addr().As4()}
	*(*[2]byte)(unsafe.Pointer(&raw.Port)) = [2]byte{byte(to.Port() >> 8), byte(to.Port())}
	var fds [bareFlows]int
	for i := range fds {
		if fds[i], err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0); err != nil {
			return 1
		}
	}
	var query [16]byte
	in := newDrain()
	start, read, together := record.Now(), record.Now(), record.Together(rate)
	for seq := uint64(0); ; seq++ {
		if seq%together == 0 {
			at := start.Add(time.Duration(float64(seq) / rate * float64(time.Second)))
			if at > read.Add(bareTick) {
				read = at
				for _, fd := range fds {
					in.read(fd)
				}
			}
			ts := unix.NsecToTimespec(int64(at))
			_, _, _ = unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
		}
		_, _, _ = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fds[seq%bareFlows]), uintptr(unsafe.Pointer(&query[0])), uintptr(len(query)),
			unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&raw)), unix.SizeofSockaddrInet4)
	}
}

// drain reads 32 datagrams at a time, each over the last.
type drain struct {
	buf     [2048]byte
	iov     unix.Iovec
	headers [32]struct {
		header unix.Msghdr
		n      uint32
	}
}

func newDrain() *drain {
	d := &drain{}
	d.iov.Base = &d.buf[0]
	d.iov.SetLen(len(d.buf))
	for i := range d.headers {
		d.headers[i].header.Iov, d.headers[i].header.Iovlen = &d.iov, 1
	}
	return d
}

func (d *drain) read(fd int) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&d.headers[0])), uintptr(len(d.headers)), unix.MSG_DONTWAIT, 0, 0)
}
