package service

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// onAll opens a socket on each of the server's addresses, then serves them
// all. It returns the first failure, upon which the process ends.
func onAll[S any](c server, open func(netip.AddrPort) (S, error), serve func(S) error) error {
	var sockets []S
	for _, a := range c.Addrs {
		s, err := open(netip.AddrPortFrom(a, uint16(c.Port)))
		if err != nil {
			return err
		}
		sockets = append(sockets, s)
	}
	failed := make(chan error, len(sockets))
	for _, s := range sockets {
		go func() { failed <- serve(s) }()
	}
	return <-failed
}

// listenUDP binds to the address itself, not to all: the answers then leave
// from it, whatever other addresses the node has.
func listenUDP(a netip.AddrPort) (*net.UDPConn, error) {
	lc := net.ListenConfig{Control: freebind}
	p, err := lc.ListenPacket(context.Background(), "udp", a.String())
	if err != nil {
		return nil, err
	}
	return p.(*net.UDPConn), nil
}

// forgetting is after how long a silent client is asked whether it is still
// there. One whose reset was lost on the way is not: its next connection from
// the same port would meet the old one.
const forgetting = 2 * time.Second

// listenTCP speaks plain TCP, as the servers that people run: Go's would be
// Multipath TCP.
func listenTCP(a netip.AddrPort) (net.Listener, error) {
	lc := net.ListenConfig{Control: freebind, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: forgetting}}
	lc.SetMultipathTCP(false)
	return lc.Listen(context.Background(), "tcp", a.String())
}
