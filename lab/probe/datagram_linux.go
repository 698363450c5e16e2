package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
	"unsafe"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

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
	to     sockaddr
	users  *audience // nil: all ask to
	flows  int
	fds    []int
	epoll  int
	in     *packets
	ready  []unix.EpollEvent
	clock  wallClock
	drops  []uint32    // per flow, the kernel's count so far
	buffer int         // of each socket, in bytes
	next   record.Time // when the next collection is due
}

func newDatagram(c Config, d dialect) *datagram {
	return &datagram{
		dialect: d, to: newSockaddr(netip.AddrPortFrom(c.Target.Addr(), d.port)), flows: c.Flows, users: newAudience(c, d.port),
		epoll: -1, in: newPackets(), ready: make([]unix.EpollEvent, min(c.Flows+1, 256)), // one more: all at a time leave room
		drops: make([]uint32, c.Flows), buffer: max(leastBuffer, int(c.Rate/float64(c.Flows))*perPacket),
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
	if d.users != nil {
		d.users.begin(d.port)
	}
	return nil
}

// asked returns where the flow's requests go to now.
func (d *datagram) asked(flow int) *sockaddr {
	if d.users == nil {
		return &d.to
	}
	return d.users.to[flow].Load()
}

// asks says whether answers may come from there.
func (d *datagram) asks(from *sockaddr) bool {
	if d.users == nil {
		return d.to.same(from)
	}
	return slices.ContainsFunc(d.users.from, func(site sockaddr) bool { return site.same(from) })
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
	enlarge(fd, d.buffer)
	if err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

// A socket's buffers hold a second of its flow's packets, of which a small one
// takes so much, and in any case more than a neighbour that can't be found keeps
// back (net.ipv4.neigh.default.unres_qlen_bytes).
const (
	perPacket   = 1 << 10
	leastBuffer = 1 << 19
)

// enlarge gives the socket buffers for that many bytes, lest a second in which
// this machine is busy seem to be an outage; where that is not allowed, for as
// many as is. What does not fit is found and told of.
func enlarge(fd, bytes int) {
	for _, side := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if least, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, side[1]); err == nil && least >= 2*bytes {
			continue
		}
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, side[0], bytes) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, side[1], bytes)
		}
	}
}

func (d *datagram) send(seq uint64, flow int) error {
	d.put(d.query, seq)
	to := d.asked(flow)
	// A raw system call: the socket does not block, and the Go scheduler would
	// only take the time to let another goroutine run meanwhile.
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(d.fds[flow]),
		uintptr(unsafe.Pointer(&d.query[0])), uintptr(len(d.query)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
		uintptr(unsafe.Pointer(&to.raw)), uintptr(to.len))
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
	for {
		n, err := waitRaw(d.epoll, d.ready, 0)
		if err != nil {
			return 0, fmt.Errorf("look for answers: %w", err)
		}
		for _, event := range d.ready[:n] {
			d.read(to, int(event.Fd))
		}
		if n < len(d.ready) {
			return now, nil
		}
	}
}

// read delivers what the flow's socket has.
func (d *datagram) read(to inbox, flow int) {
	for full := true; full; {
		come := d.in.read(d.fds[flow])
		full = len(come) == len(d.in.each)
		now := record.Now()
		for i := range come {
			d.deliver(to, flow, &come[i], now)
		}
	}
}

// deliver takes a packet that was read by now.
func (d *datagram) deliver(to inbox, flow int, p *packet, now record.Time) {
	if p.drops != 0 {
		d.dropped(to, flow, p.drops)
	}
	if !d.asks(&p.from) {
		return
	}
	if seq, node, ok := d.parse(p.data()); ok {
		to.answer(seq, d.mask, flow, d.stamp(to, p, now), node)
	}
}

// dropped tells of answers that found the flow's receive buffer full.
func (d *datagram) dropped(to inbox, flow int, sofar uint32) {
	if n := sofar - d.drops[flow]; n != 0 {
		to.doubt(record.Now(), overrun, fmt.Sprintf("flow %d: %d answers dropped", flow, n))
		d.drops[flow] = sofar
	}
}

// stamp returns when the packet arrived. A stamp that lies in the future or
// longer ago than a tick and more says that the wall clock was set since the
// offset was sampled.
func (d *datagram) stamp(to inbox, p *packet, now record.Time) record.Time {
	at := d.clock.mapped(p.stamp)
	if age := now.Sub(at); age > -maxStep && age < time.Second {
		return at
	}
	d.sample(to)
	return min(d.clock.mapped(p.stamp), now)
}

func (d *datagram) sample(to inbox) {
	if step := d.clock.sample(); step != "" {
		to.doubt(d.clock.at, clockStep, step)
	}
}

func (d *datagram) forget(uint64) (record.Time, bool) { return 0, false }

func (d *datagram) close() error {
	if d.users != nil {
		d.users.end()
	}
	var errs []error
	for _, fd := range append(d.fds, d.epoll) {
		if fd >= 0 {
			errs = append(errs, unix.Close(fd))
		}
	}
	return errors.Join(errs...)
}
