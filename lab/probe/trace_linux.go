package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/record"
)

// traceHops limits a trace: no lab is deeper.
const traceHops = 8

// Trace finds the way from the node to the target as traceroute does: by echo
// requests whose time to live ends on the way, upon which each router says who
// it is (RFC 792, RFC 4443 section 3.3). All are sent at once. It returns the
// steps up to the target, or up to the last that anybody answered; answers are
// waited for so long.
func Trace(ctx context.Context, n *lab.Node, target netip.Addr, wait time.Duration) ([]Hop, error) {
	var all []*tracer
	defer func() {
		for _, t := range all {
			unix.Close(t.fd)
		}
	}()
	err := n.Do(func() error {
		for ttl := 1; ttl <= traceHops; ttl++ {
			t, err := newTracer(target, ttl)
			if err != nil {
				return err
			}
			all = append(all, t)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("trace %s from %s: %w", target, n.Name, err)
	}
	until := time.Now().Add(wait)
	for !complete(all) && ctx.Err() == nil && time.Now().Before(until) {
		if err := collectHops(all); err != nil {
			return nil, fmt.Errorf("trace %s from %s: %w", target, n.Name, err)
		}
	}
	return way(all), nil
}

// complete says whether the target has answered, and everybody before it.
func complete(all []*tracer) bool {
	for _, t := range all {
		if !t.answered() {
			return false
		}
		if t.hop.Reached || t.hop.Refused {
			return true
		}
	}
	return true
}

// way cuts the steps off behind the target, and what is silent at the end.
func way(all []*tracer) []Hop {
	var list []Hop
	last := 0
	for i, t := range all {
		list = append(list, t.hop)
		if t.answered() {
			last = i + 1
		}
		if t.hop.Reached || t.hop.Refused {
			break
		}
	}
	return list[:last]
}

// tracer is one request on its way.
type tracer struct {
	fd   int
	v6   bool
	sent record.Time
	hop  Hop
}

func (t *tracer) answered() bool { return t.hop.Addr.IsValid() || t.hop.Refused }

// newTracer sends a request from the calling thread's namespace. A ping socket
// has its errors in a queue of its own (ip(7), IP_RECVERR).
func newTracer(target netip.Addr, ttl int) (*tracer, error) {
	t := &tracer{v6: target.Is6()}
	family, protocol, level, errs, hops, kind := unix.AF_INET, unix.IPPROTO_ICMP, unix.SOL_IP, unix.IP_RECVERR, unix.IP_TTL, byte(8)
	if t.v6 {
		family, protocol, level, errs, hops, kind = unix.AF_INET6, unix.IPPROTO_ICMPV6, unix.SOL_IPV6, unix.IPV6_RECVERR, unix.IPV6_UNICAST_HOPS, 128
	}
	var err error
	if t.fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol); err != nil {
		return nil, fmt.Errorf("open a ping socket: %w", err)
	}
	err = errors.Join(unix.SetsockoptInt(t.fd, level, errs, 1), unix.SetsockoptInt(t.fd, level, hops, ttl))
	if err != nil {
		unix.Close(t.fd)
		return nil, err
	}
	t.sent = record.Now()
	request := []byte{kind, 0, 0, 0, 0, 0, 0, byte(ttl)}
	if unix.Sendto(t.fd, request, 0, sockaddrOf(target)) != nil { // no route, for one
		t.hop.Refused = true
	}
	return t, nil
}

func sockaddrOf(a netip.Addr) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Addr: a.As4()}
	}
	return &unix.SockaddrInet6{Addr: a.As16()}
}

// collectHops waits a little and reads what has come.
func collectHops(all []*tracer) error {
	var fds []unix.PollFd
	for _, t := range all {
		events := int16(unix.POLLIN)
		if t.answered() {
			events = 0
		}
		fds = append(fds, unix.PollFd{Fd: int32(t.fd), Events: events})
	}
	const slice = 20 // ms, between two looks at the context
	if _, err := unix.Poll(fds, slice); err != nil && !errors.Is(err, unix.EINTR) {
		return err
	}
	for i, t := range all {
		switch {
		case t.answered():
		case fds[i].Revents&unix.POLLERR != 0:
			t.readError()
		case fds[i].Revents&unix.POLLIN != 0:
			t.readReply()
		}
	}
	return nil
}

func (t *tracer) readReply() {
	if _, from, err := unix.Recvfrom(t.fd, make([]byte, 256), 0); err == nil {
		t.hop = Hop{Addr: addrOf(from), RTT: record.Now().Sub(t.sent), Reached: true}
	}
}

// readError reads who sent an ICMP error: struct sock_extended_err, which the
// sender's address follows (linux/errqueue.h).
func (t *tracer) readError() {
	oob := make([]byte, 512)
	_, n, _, _, err := unix.Recvmsg(t.fd, make([]byte, 256), oob, unix.MSG_ERRQUEUE)
	if err != nil {
		return
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return
	}
	const fixed = 16 // of sock_extended_err: ee_errno, ee_origin, ee_type, ee_code, ...
	exceeded, at, size := byte(11), 4, 4
	if t.v6 {
		exceeded, at, size = 3, 8, 16
	}
	for _, m := range messages {
		if len(m.Data) < fixed+at+size || binary.NativeEndian.Uint32(m.Data) == 0 {
			continue
		}
		from, _ := netip.AddrFromSlice(m.Data[fixed+at : fixed+at+size])
		t.hop = Hop{Addr: from, RTT: record.Now().Sub(t.sent), Refused: m.Data[5] != exceeded}
	}
}

func addrOf(from unix.Sockaddr) netip.Addr {
	switch a := from.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(a.Addr)
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(a.Addr)
	}
	return netip.Addr{}
}
