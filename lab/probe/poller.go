package probe

import (
	"fmt"
	"time"

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
// happened on by the returned time. It waits a few milliseconds for the first.
func (p *poller) wait(to inbox, progress func(seq uint64)) (record.Time, error) {
	now := record.Now()
	if p.clock.stale(now) {
		if step := p.clock.sample(); step != "" {
			to.doubt(p.clock.at, clockStep, step)
		}
	}
	for wait := int(patience / time.Millisecond); ; wait = 0 {
		n, err := unix.EpollWait(p.epoll, p.ready, wait)
		if err != nil && err != unix.EINTR {
			return now, fmt.Errorf("wait for answers: %w", err)
		}
		for _, event := range p.ready[:max(n, 0)] {
			progress(seqOf(event))
		}
		if n < len(p.ready) {
			return now, nil
		}
	}
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
