package service

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// receiveBuffer holds a second of requests at 10,000 a second, so that a server
// that the scheduler kept waiting for a while does not seem to be an outage.
const receiveBuffer = 16 << 20

// freebind lets a socket bind to an address that the node does not have yet,
// so that it does not matter which of the two is there first (ip(7)).
func freebind(network, _ string, c syscall.RawConn) error {
	var err error
	cerr := c.Control(func(fd uintptr) {
		if network == "tcp6" || network == "udp6" {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_FREEBIND, 1)
		} else {
			err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_FREEBIND, 1)
		}
		// Not everywhere allowed, and not vital.
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
		}
	})
	if cerr != nil {
		return cerr
	}
	return err
}
