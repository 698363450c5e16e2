package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
)

// dial connects from the node. Only the socket is made in the node's
// namespace, where it stays; waiting for the connection holds no thread there.
func dial(ctx context.Context, n *lab.Node, network string, to netip.AddrPort) (net.Conn, error) {
	f, err := open(n, network, to)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the connection works on a duplicate
	stop := context.AfterFunc(ctx, func() { _ = f.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := connect(f, to); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return net.FileConn(f)
}

func open(n *lab.Node, network string, to netip.AddrPort) (*os.File, error) {
	family, kind := unix.AF_INET6, unix.SOCK_STREAM
	if to.Addr().Is4() {
		family = unix.AF_INET
	}
	if network == "udp" {
		kind = unix.SOCK_DGRAM
	}
	var fd int
	err := n.Do(func() (err error) {
		fd, err = unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open a %s socket on %s: %w", network, n.Name, err)
	}
	return os.NewFile(uintptr(fd), network+" socket"), nil
}

// connect starts a connection and waits until it stands, fails, or the file's
// deadline passes.
func connect(f *os.File, to netip.AddrPort) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	err = unix.EINPROGRESS
	started := false
	waited := raw.Write(func(fd uintptr) bool {
		if !started {
			started, err = true, unix.Connect(int(fd), sockaddr(to))
		} else {
			err = connected(int(fd))
		}
		return !errors.Is(err, unix.EINPROGRESS)
	})
	if waited != nil {
		return waited
	}
	return err
}

// connected returns EINPROGRESS while a connection is being made. A socket
// may be woken before there is news, so that no error is not yet success.
func connected(fd int) error {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if errno != 0 {
		return unix.Errno(errno)
	}
	if _, err := unix.Getpeername(fd); err != nil {
		return unix.EINPROGRESS
	}
	return nil
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
}
