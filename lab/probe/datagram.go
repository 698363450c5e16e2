package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// dialect is how one kind of probe speaks over datagrams.
type dialect struct {
	protocol int    // of the socket
	port     uint16 // of the target; 0 if the protocol has none
	query    []byte // a request, numbered by put
	mask     uint64 // the bits of a request's number that fit into the protocol
	put      func(query []byte, seq uint64)
	// parse takes an answer apart. The node is empty if the answer names none,
	// and is part of the packet. It is false for what is no answer.
	parse func(packet []byte) (seq uint64, node []byte, ok bool)
}

// tick is how often answers are collected. The kernel stamps them as they come
// in, so nothing is lost in precision, and reading them in batches costs a
// fraction of what waking up for each does.
const tick = 10 * time.Millisecond

// datagram is the transport of requests that are one packet each. Every flow
// has a socket, which is bound but not connected: the kernel then looks the
// route up for each packet, an ICMP error does not disturb the next request,
// and an answer from a wrong source is seen rather than refused.
type datagram struct {
	dialect
	to    sockaddr
	flows int
	fds   []int
	epoll int
	in    *packet
	ready []unix.EpollEvent
	clock wallClock
	drops []uint32    // per flow, the kernel's count so far
	next  record.Time // when the next collection is due
}

func newDatagram(c Config, d dialect) *datagram {
	return &datagram{
		dialect: d, to: newSockaddr(netip.AddrPortFrom(c.Target.Addr(), d.port)), flows: c.Flows,
		epoll: -1, in: newPacket(), ready: make([]unix.EpollEvent, min(c.Flows, 256)),
		drops: make([]uint32, c.Flows),
	}
}

func (d *datagram) open() error {
	var err error
	if d.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("create epoll: %w", err)
	}
	for flow := range d.flows {
		fd, err := d.socket()
		if err != nil {
			return fmt.Errorf("open the socket of flow %d: %w", flow, err)
		}
		d.fds = append(d.fds, fd)
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(flow)}
		if err := unix.EpollCtl(d.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
			return fmt.Errorf("watch the socket of flow %d: %w", flow, err)
		}
	}
	return nil
}

// socket opens the socket of one flow and gives it a source port (or the
// identifier that stands in for one in ICMP echo messages).
func (d *datagram) socket() (int, error) {
	fd, err := unix.Socket(d.to.family(), unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, d.protocol)
	if err != nil {
		return -1, err
	}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1),
		unix.Bind(fd, d.to.wildcard()),
	)
	if err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

func (d *datagram) send(seq uint64, flow int) error {
	d.put(d.query, seq)
	// A raw system call: the socket does not block, and the Go scheduler would
	// only take the time to let another goroutine run meanwhile.
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(d.fds[flow]),
		uintptr(unsafe.Pointer(&d.query[0])), uintptr(len(d.query)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
		uintptr(unsafe.Pointer(&d.to.raw)), uintptr(d.to.len))
	if errno != 0 {
		return errno
	}
	return nil
}

func (d *datagram) receive(to inbox) (record.Time, error) {
	sleepUntil(d.next)
	now := record.Now()
	d.next = max(d.next.Add(tick), now)
	if d.clock.stale(now) {
		d.sample(to)
	}
	// Level-triggered, and one packet is read per socket and round: when epoll
	// has nothing more to say, every socket is empty.
	for {
		n, err := waitRaw(d.epoll, d.ready, 0)
		if err != nil {
			return 0, fmt.Errorf("look for answers: %w", err)
		}
		if n == 0 {
			return now, nil
		}
		for _, event := range d.ready[:n] {
			d.read(to, int(event.Fd))
		}
	}
}

// read delivers one packet of the flow. A socket error, which a failed request
// may leave behind, is fetched and forgotten by the same call.
func (d *datagram) read(to inbox, flow int) {
	if !d.in.read(d.fds[flow]) {
		return
	}
	if d.in.drops != d.drops[flow] {
		to.doubt(record.Now(), overrun, fmt.Sprintf("flow %d: %d answers dropped", flow, d.in.drops-d.drops[flow]))
		d.drops[flow] = d.in.drops
	}
	if !d.to.same(&d.in.from) {
		return
	}
	if seq, node, ok := d.parse(d.in.data()); ok {
		to.answer(seq, d.mask, flow, d.stamp(to), node)
	}
}

// stamp returns when the packet arrived. A stamp that lies in the future or
// longer ago than a tick and more says that the wall clock was set since the
// offset was sampled.
func (d *datagram) stamp(to inbox) record.Time {
	at := d.clock.mapped(d.in.stamp)
	now := record.Now()
	if age := now.Sub(at); age > -maxStep && age < time.Second {
		return at
	}
	d.sample(to)
	return min(d.clock.mapped(d.in.stamp), now)
}

func (d *datagram) sample(to inbox) {
	if step := d.clock.sample(); step != "" {
		to.doubt(d.clock.at, clockStep, step)
	}
}

func (d *datagram) forget(uint64) (record.Time, bool) { return 0, false }

func (d *datagram) close() error {
	var errs []error
	for _, fd := range append(d.fds, d.epoll) {
		if fd >= 0 {
			errs = append(errs, unix.Close(fd))
		}
	}
	return errors.Join(errs...)
}
