package probe

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sockaddr is a struct sockaddr_in or sockaddr_in6, kept as bytes because it
// is handed to the kernel and compared with what comes back without a copy.
type sockaddr struct {
	raw [unix.SizeofSockaddrInet6]byte
	len uint32
}

func newSockaddr(a netip.AddrPort) sockaddr {
	var s sockaddr
	binary.BigEndian.PutUint16(s.raw[2:], a.Port())
	if a.Addr().Is4() {
		binary.NativeEndian.PutUint16(s.raw[:], unix.AF_INET)
		s.len = unix.SizeofSockaddrInet4
		copy(s.raw[4:], a.Addr().AsSlice())
		return s
	}
	binary.NativeEndian.PutUint16(s.raw[:], unix.AF_INET6)
	s.len = unix.SizeofSockaddrInet6
	copy(s.raw[8:], a.Addr().AsSlice()) // bytes 4 to 7 are the flow label
	return s
}

func (s *sockaddr) is4() bool { return s.family() == unix.AF_INET }

func (s *sockaddr) family() int { return int(binary.NativeEndian.Uint16(s.raw[:])) }

// same compares family, port and address.
func (s *sockaddr) same(o *sockaddr) bool {
	if s.family() == unix.AF_INET {
		return bytes.Equal(s.raw[:8], o.raw[:8])
	}
	return bytes.Equal(s.raw[:4], o.raw[:4]) && bytes.Equal(s.raw[8:24], o.raw[8:24])
}

// wildcard is the address that lets the kernel choose both address and port.
func (s *sockaddr) wildcard() unix.Sockaddr {
	if s.family() == unix.AF_INET {
		return &unix.SockaddrInet4{}
	}
	return &unix.SockaddrInet6{}
}

// packet is a buffer for one received datagram, or one piece of a stream, with
// what the kernel says about it. It is used again and again: receiving
// allocates nothing.
type packet struct {
	from  sockaddr
	stamp int64      // CLOCK_REALTIME nanoseconds; 0 if the kernel gave none
	drops uint32     // how many were dropped so far because the socket's buffer was full; 0: none, or it doesn't say
	errno unix.Errno // why nothing was read

	n       int
	buf     [4096]byte
	control [128]byte
	iov     unix.Iovec
	header  unix.Msghdr
}

func newPacket() *packet {
	p := &packet{}
	p.prepare(&p.header)
	return p
}

// prepare makes the header one that receives into the packet.
func (p *packet) prepare(h *unix.Msghdr) {
	p.iov.Base = &p.buf[0]
	p.iov.SetLen(len(p.buf))
	h.Iov, h.Iovlen = &p.iov, 1
	h.Name, h.Namelen = &p.from.raw[0], uint32(len(p.from.raw))
	h.Control = &p.control[0]
	h.SetControllen(len(p.control))
}

func (p *packet) data() []byte { return p.buf[:p.n] }

// read receives without blocking. It is false if there was nothing but an
// error; n is 0 at the end of a stream.
func (p *packet) read(fd int) bool {
	p.prepare(&p.header)
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&p.header)), unix.MSG_DONTWAIT)
	if p.errno = errno; errno != 0 {
		return false
	}
	p.take(int(n), &p.header)
	return true
}

// take notes what the kernel has made of the packet.
func (p *packet) take(n int, h *unix.Msghdr) {
	p.n = n
	p.readControl(p.control[:h.Controllen])
}

// readControl takes the socket options' reports out of the control messages.
// The counter of drops comes only with packets after a drop.
func (p *packet) readControl(b []byte) {
	p.stamp, p.drops = 0, 0
	for len(b) > 0 {
		header, data, rest, err := unix.ParseOneSocketControlMessage(b)
		if err != nil {
			return
		}
		b = rest
		switch {
		case header.Level != unix.SOL_SOCKET:
		case header.Type == unix.SO_TIMESTAMPNS && len(data) >= int(unsafe.Sizeof(unix.Timespec{})):
			p.stamp = (*unix.Timespec)(unsafe.Pointer(&data[0])).Nano()
		case header.Type == unix.SO_RXQ_OVFL && len(data) >= 4:
			p.drops = binary.NativeEndian.Uint32(data)
		}
	}
}

// packets are read by one call.
type packets struct {
	each    [32]packet
	headers [32]mmsghdr
	used    int // so many headers are to be prepared again
}

// mmsghdr is a struct mmsghdr (recvmmsg(2)).
type mmsghdr struct {
	header unix.Msghdr
	n      uint32
}

func newPackets() *packets {
	p := &packets{}
	p.used = len(p.each)
	return p
}

// read returns what the socket has, at most as many packets as there is room
// for. If it is fewer, the socket is empty. A socket error, which a failed
// request may leave behind, is fetched and forgotten.
func (p *packets) read(fd int) []packet {
	for i := range p.used {
		p.each[i].prepare(&p.headers[i].header)
	}
	p.used = 0
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&p.headers[0])), uintptr(len(p.headers)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return nil
	}
	p.used = int(n)
	for i := range p.each[:n] {
		p.each[i].take(int(p.headers[i].n), &p.headers[i].header)
	}
	return p.each[:n]
}
