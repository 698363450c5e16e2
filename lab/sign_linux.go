package lab

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// SignTCP gives a socket the password of its connections with the peer (RFC 2385).
func SignTCP(fd int, peer netip.Addr, password string) error {
	signature := unix.TCPMD5Sig{Keylen: uint16(len(password))}
	signature.Addr.Family = unix.AF_INET
	address := 2 // after the port
	if peer.Is6() {
		signature.Addr.Family = unix.AF_INET6
		address = 6 // after the flow
	}
	for i, b := range peer.AsSlice() {
		signature.Addr.Data[address+i] = b
	}
	copy(signature.Key[:], password)
	return unix.SetsockoptTCPMD5Sig(fd, unix.IPPROTO_TCP, unix.TCP_MD5SIG, &signature)
}

// trySigning finds out whether the kernel has passwords for TCP.
func trySigning() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return SignTCP(fd, netip.AddrFrom4([4]byte{127, 0, 0, 1}), "password")
}
