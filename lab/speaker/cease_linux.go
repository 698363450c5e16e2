package speaker

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"

	"github.com/osrg/gobgp/v3/pkg/packet/bgp"
	"golang.org/x/sys/unix"
)

// bfdDown is the subcode of a Cease that BFD is the reason of (RFC 9384).
const bfdDown = 10

// cease sends a Cease over every TCP connection with the neighbor and closes
// it in this direction, so that nothing follows.
//
// GoBGP ends a session with "Peer De-configured" and no other reason, and has
// no way to its connections. They are among the process's descriptors.
func cease(n Neighbor, subcode uint8) error {
	message, err := bgp.NewBGPNotificationMessage(bgp.BGP_ERROR_CEASE, subcode, nil).Serialize()
	if err != nil {
		return fmt.Errorf("encode Cease: %w", err)
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("list descriptors: %w", err)
	}
	var errs []error
	for _, entry := range list {
		if fd, err := strconv.Atoi(entry.Name()); err == nil {
			errs = append(errs, ceaseOn(fd, n, message))
		}
	}
	return errors.Join(errs...)
}

// ceaseOn does that if the descriptor is such a connection. It works on a
// duplicate, which stays what it is when GoBGP closes its own meanwhile.
func ceaseOn(original int, n Neighbor, message []byte) error {
	fd, err := unix.FcntlInt(uintptr(original), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil // closed meanwhile
	}
	defer unix.Close(fd)
	if !connects(fd, n) {
		return nil
	}
	if _, err := unix.Write(fd, message); err != nil {
		return fmt.Errorf("send Cease: %w", err) // the buffer is full, or the connection is over
	}
	return os.NewSyscallError("shutdown", unix.Shutdown(fd, unix.SHUT_WR))
}

// connects says whether the descriptor is a BGP connection with the neighbor.
func connects(fd int, n Neighbor) bool {
	remote, err := unix.Getpeername(fd)
	if err != nil {
		return false // no socket, or not connected
	}
	local, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	near, far := addrPort(local), addrPort(remote)
	return near.Addr() == n.Local && far.Addr() == n.Remote.WithZone("") && (near.Port() == bgpPort || far.Port() == bgpPort)
}

func addrPort(a unix.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}
