package bfd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// RFC 5881 sections 4 and 5, and RFC 5883 section 5.
const (
	singleHop = 3784
	multihop  = 4784
	firstPort = 49152 // of the range that packets are sent from
	lastPort  = 65535
	ttl       = 255  // over a single hop a packet with less isn't the neighbor's (GTSM, RFC 5082)
	anyPort   = 0    // connected to it, a socket takes what its peer sends from any (compute_score of net/ipv4/udp.c)
	control   = 0xC0 // traffic class CS6, network control: RFC 5881 leaves it open
)

// socket is a session's pair of UDP sockets, in the network namespace of the
// thread that opened them. Both are bound to the device: a packet that comes
// in by another one belongs to another session.
//
// They are plain descriptors. Go's poller would round timers up to a whole
// millisecond, and wake the session from whichever thread polls, late when the
// rest of the process is busy.
type socket struct {
	in, out int
	bell    int // an eventfd, to end a wait
	to      unix.Sockaddr
	from    netip.Addr
	least   int // TTL of what is taken
}

func openSocket(c Config) (*socket, error) {
	zone := uint32(0)
	if c.Local.Is6() && c.Local.IsLinkLocalUnicast() {
		dev, err := net.InterfaceByName(c.Dev)
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", c.Dev, err)
		}
		zone = uint32(dev.Index)
	}
	port, least := singleHop, ttl
	if c.Routers > 0 {
		port, least = multihop, 0 // RFC 5883 asks for no TTL: BIRD sends 64
	}
	in, err := openIn(c, port, zone)
	if err != nil {
		return nil, err
	}
	out, err := boundToFreePort(c, zone)
	if err != nil {
		return nil, errors.Join(err, unix.Close(in))
	}
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open eventfd: %w", err), unix.Close(in), unix.Close(out))
	}
	return &socket{in: in, out: out, bell: bell, to: address(c.Remote, port, zone), from: c.Remote, least: least}, nil
}

// openIn returns the socket that packets come to. Where sessions share an address,
// each has one, which takes its own neighbor's only.
func openIn(c Config, port int, zone uint32) (int, error) {
	in, err := bound(c, address(c.Local, port, zone))
	if err != nil || !c.Shared {
		return in, err
	}
	if err := unix.Connect(in, address(c.Remote, anyPort, zone)); err != nil {
		return -1, errors.Join(fmt.Errorf("listen to %s alone: %w", c.Remote, err), unix.Close(in))
	}
	return in, nil
}

// boundToFreePort binds to a port of the range, at random, so that a session
// that starts anew is not mistaken for its predecessor.
func boundToFreePort(c Config, zone uint32) (int, error) {
	for range 64 {
		fd, err := bound(c, address(c.Local, firstPort+rand.IntN(lastPort-firstPort+1), zone))
		if !errors.Is(err, unix.EADDRINUSE) {
			return fd, err
		}
	}
	return -1, fmt.Errorf("bind %s: no free port from %d to %d", c.Local, firstPort, lastPort)
}

// bound returns a UDP socket on an address of the device.
func bound(c Config, a unix.Sockaddr) (int, error) {
	family := unix.AF_INET
	if c.Local.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open UDP socket: %w", err)
	}
	if err := configure(fd, family, c); err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	if err := unix.Bind(fd, a); err != nil {
		return -1, errors.Join(fmt.Errorf("bind BFD socket to %s on %s: %w", c.Local, c.Dev, err), unix.Close(fd))
	}
	return fd, nil
}

func configure(fd, family int, c Config) error {
	options := [][3]int{{unix.IPPROTO_IP, unix.IP_TTL, ttl}, {unix.IPPROTO_IP, unix.IP_RECVTTL, 1}, {unix.IPPROTO_IP, unix.IP_TOS, control}}
	if family == unix.AF_INET6 {
		options = [][3]int{{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1}, {unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, ttl},
			{unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1}, {unix.IPPROTO_IPV6, unix.IPV6_TCLASS, control}}
	}
	if c.Shared {
		options = append(options, [3]int{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1})
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o[0], o[1], o[2]); err != nil {
			return fmt.Errorf("set BFD socket option %d to %d: %w", o[1], o[2], err)
		}
	}
	if err := unix.BindToDevice(fd, c.Dev); err != nil {
		return fmt.Errorf("bind BFD socket to device %s: %w", c.Dev, err)
	}
	return nil
}

func address(a netip.Addr, port int, zone uint32) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Addr: a.As4(), Port: port}
	}
	return &unix.SockaddrInet6{Addr: a.As16(), Port: port, ZoneId: zone}
}

// send sends a packet. That it cannot be sent, for instance while the link is
// down, is no error: its absence is what the neighbor is to notice.
func (s *socket) send(p Packet) error {
	data, err := p.Marshal()
	if err != nil {
		return err
	}
	_ = unix.Sendto(s.out, data, 0, s.to)
	return nil
}

// wait blocks until a packet came, ring was called, or the deadline has
// passed; zero is none.
func (s *socket) wait(deadline time.Time) error {
	var timeout *unix.Timespec
	if !deadline.IsZero() {
		left := unix.NsecToTimespec(int64(max(time.Until(deadline), 0)))
		timeout = &left
	}
	fds := []unix.PollFd{{Fd: int32(s.in), Events: unix.POLLIN}, {Fd: int32(s.bell), Events: unix.POLLIN}}
	if _, err := unix.Ppoll(fds, timeout, nil); err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("wait for BFD packets: %w", err)
	}
	if fds[1].Revents != 0 {
		var count [8]byte
		_, _ = unix.Read(s.bell, count[:]) // resets it
	}
	return nil
}

// ring ends a wait that is going on, or else the next one.
func (s *socket) ring() {
	one := binary.NativeEndian.AppendUint64(nil, 1)
	_, _ = unix.Write(s.bell, one) // can't fail before it was rung 2^64 times
}

// receive passes every packet that is there to handle, with the reason if it
// must be discarded.
func (s *socket) receive(handle func(Packet, error)) error {
	for {
		p, discard, err := s.next()
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return nil
		case err != nil:
			return fmt.Errorf("receive BFD packet: %w", err)
		default:
			handle(p, discard)
		}
	}
}

// next reads one datagram.
func (s *socket) next() (p Packet, discard, err error) {
	var data [256]byte // the Length field is one byte
	var oob [64]byte
	n, oobn, _, from, err := unix.Recvmsg(s.in, data[:], oob[:], unix.MSG_DONTWAIT)
	if err != nil {
		return p, nil, err
	}
	if got := hopLimit(oob[:oobn]); got < s.least {
		return p, ErrTTL, nil
	}
	if source(from) != s.from {
		return p, ErrSource, nil
	}
	p, discard = Parse(data[:n])
	return p, discard, nil
}

// hopLimit returns the TTL or hop limit of a received datagram, 0 if the
// kernel told none.
func hopLimit(oob []byte) int {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range messages {
		h := m.Header
		v4 := h.Level == unix.IPPROTO_IP && h.Type == unix.IP_TTL
		v6 := h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_HOPLIMIT
		if (v4 || v6) && len(m.Data) >= 4 {
			return int(int32(binary.NativeEndian.Uint32(m.Data)))
		}
	}
	return 0
}

func source(a unix.Sockaddr) netip.Addr {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(a.Addr)
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(a.Addr)
	}
	return netip.Addr{}
}

func (s *socket) close() error {
	return errors.Join(unix.Close(s.in), unix.Close(s.out), unix.Close(s.bell))
}
