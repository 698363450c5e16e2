package probe

import (
	"fmt"
	"time"
	"unsafe"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// poller waits for what happens on many connections (epoll(7)).
type poller struct {
	epoll int // -1 before open
	ready []unix.EpollEvent
	clock wallClock
}

// newPoller makes one that takes so many events at a time.
func newPoller(events int) poller {
	return poller{epoll: -1, ready: make([]unix.EpollEvent, events)}
}

func (p *poller) open() error {
	var err error
	if p.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("create epoll: %w", err)
	}
	return nil
}

// wait calls progress with the number of every connection that something has
// happened on by the returned time. It waits so long for the first.
func (p *poller) wait(to inbox, longest time.Duration, progress func(seq uint64)) (record.Time, error) {
	now := record.Now()
	if p.clock.stale(now) {
		if step := p.clock.sample(); step != "" {
			to.doubt(p.clock.at, clockStep, step)
		}
	}
	return now, p.poll(longest, progress)
}

func (p *poller) poll(longest time.Duration, progress func(seq uint64)) error {
	wait := int((longest + time.Millisecond - 1) / time.Millisecond)
	for ; ; wait = 0 {
		n, err := waitRaw(p.epoll, p.ready, wait)
		if err != nil {
			return fmt.Errorf("wait for answers: %w", err)
		}
		for _, event := range p.ready[:n] {
			progress(seqOf(event))
		}
		if n < len(p.ready) {
			return nil
		}
	}
}

// waitRaw is epoll_wait(2) behind the scheduler's back, as sleepUntil. A signal
// ends it early.
func waitRaw(epoll int, ready []unix.EpollEvent, ms int) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), uintptr(ms), 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, errno
}

// add watches one more connection for the events.
func (p *poller) add(fd int, events uint32, seq uint64) error {
	return p.control(unix.EPOLL_CTL_ADD, fd, events, seq)
}

// change watches a connection for other events.
func (p *poller) change(fd int, events uint32, seq uint64) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, events, seq)
}

func (p *poller) control(op, fd int, events uint32, seq uint64) error {
	event := unix.EpollEvent{Events: events}
	setSeq(&event, seq)
	return unix.EpollCtl(p.epoll, op, fd, &event)
}

func (p *poller) close() error {
	if p.epoll < 0 {
		return nil
	}
	return unix.Close(p.epoll)
}

// An event carries 64 bits of the caller's, which the struct splits in two.
func setSeq(e *unix.EpollEvent, seq uint64) { e.Fd, e.Pad = int32(uint32(seq)), int32(uint32(seq>>32)) }
func seqOf(e unix.EpollEvent) uint64        { return uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32 }
