package service

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// newOrders returns the line, and the server's end of it.
func newOrders() (*orders, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open a socket for orders: %w", err)
	}
	near, far := os.NewFile(uintptr(fds[0]), "orders"), os.NewFile(uintptr(fds[1]), "orders")
	defer near.Close() // the connection works on a duplicate
	conn, err := net.FileConn(near)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open a socket for orders: %w", err), far.Close())
	}
	return &orders{conn: conn}, far, nil
}
