package relay

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// space is for a socket's receive buffer, in bytes.
const space = 8 << 20

// open returns a packet socket of one interface. What it reads is stamped by
// the kernel, and says in a header of its own which checksums and segments a
// network card has yet to make (PACKET_VNET_HDR, packet(7)): without that no
// TCP segment would survive.
func open(port int) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
	)
	if err != nil {
		return 0, fmt.Errorf("set options: %w", err)
	}
	// Only root of the first user namespace may pass net.core.rmem_max. A
	// smaller buffer is no error, since an overrun is noticed.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, space) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, space)
	}
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: port}); err != nil {
		return 0, fmt.Errorf("bind: %w", err)
	}
	return fd, nil
}
