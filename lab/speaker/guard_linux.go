package speaker

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"

	"anylab/lab"
)

// guard makes the connection one with the neighbor's password, which no one joins
// from afar.
func (s *session) guard(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		if s.Password != "" {
			failed = lab.SignTCP(int(fd), s.Remote, s.Password)
		}
		if s.LeastTTL != 0 {
			failed = errors.Join(failed, s.keepNear(int(fd)))
		}
	})
	return errors.Join(err, failed)
}

// highestTTL is what a packet is sent with that nobody far away could send (RFC 5082
// section 3).
const highestTTL = 255

func (s *session) keepNear(fd int) error {
	level, sent, least := unix.IPPROTO_IP, unix.IP_TTL, unix.IP_MINTTL
	if s.Remote.Is6() {
		level, sent, least = unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, unix.IPV6_MINHOPCOUNT
	}
	return errors.Join(unix.SetsockoptInt(fd, level, sent, highestTTL), unix.SetsockoptInt(fd, level, least, s.LeastTTL))
}
