//go:build !linux

package service

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"

	"anylab/lab"
)

// Services and their checks run on a lab's nodes, which are on Linux.

func dial(context.Context, *lab.Node, string, netip.AddrPort) (net.Conn, error) {
	return nil, lab.ErrNotLinux
}

func newOrders() (*orders, *os.File, error) { return nil, nil, lab.ErrNotLinux }

func freebind(string, string, syscall.RawConn) error { return lab.ErrNotLinux }

func lead(*exec.Cmd) {}
