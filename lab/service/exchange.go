package service

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"anylab/lab"
)

// exchange makes a check of one conversation, held with every address of the
// service. One timeout covers them all, and the first failure ends the check.
// Each conversation has a socket of its own, as a real checker's would.
func exchange(network string, talk func(net.Conn) error) check {
	return func(ctx context.Context, s *Service) error {
		for _, a := range s.config.Addrs {
			to := netip.AddrPortFrom(a, uint16(s.config.Port))
			if err := converse(ctx, s.node, network, to, talk); err != nil {
				return fmt.Errorf("ask %s: %w", to, err)
			}
		}
		return nil
	}
}

// converse connects from the node to an address and talks until ctx ends.
func converse(ctx context.Context, n *lab.Node, network string, to netip.AddrPort, talk func(net.Conn) error) error {
	conn, err := dial(ctx, n, network, to)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // fails on a closed one only
	defer stop()
	return talk(conn)
}
