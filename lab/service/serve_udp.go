package service

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"time"
)

var udpKind = kind{
	serveUDP, exchange("udp", askUDP),
	Facts{Summary: "echoes, and adds its name",
		Port: 7, Transports: []string{"udp"}, Health: "udp"}, // RFC 862
}

// serveUDP answers a datagram with the datagram itself, a newline and the
// node's name: what came first tells the client which request is answered.
func serveUDP(c server) error {
	return onAll(c, listenUDP, func(p *net.UDPConn) error {
		return serveDatagrams(c, p, func(b []byte, how Behaviour, request []byte) []byte {
			if how.Wrong {
				return append(b, "garbage"...)
			}
			return append(append(append(b, request...), '\n'), c.Node...)
		})
	})
}

// own says whether an address is the server's, as that of its node's health check is.
func (c server) own(a netip.Addr) bool { return slices.Contains(c.Addrs, a.Unmap()) }

// serveDatagrams answers each datagram with what answer appends to b, or not at
// all if that is nothing.
func serveDatagrams(c server, p *net.UDPConn, answer func(b []byte, how Behaviour, request []byte) []byte) error {
	request, spare := make([]byte, 1<<16), []byte(nil)
	for {
		n, from, err := p.ReadFromUDPAddrPort(request)
		if err != nil {
			return err
		}
		how := c.orders.now()
		wait, ok := c.backlog.take(time.Now(), c.Shed && c.own(from.Addr()))
		if !ok {
			continue
		}
		how.Delay += wait
		spare = answer(spare[:0], how, request[:n])
		// No way back to the client is no reason to stop serving others.
		switch {
		case len(spare) == 0:
		case how.Delay == 0:
			_, _ = p.WriteToUDPAddrPort(spare, from)
		default:
			late := bytes.Clone(spare)
			time.AfterFunc(how.Delay, func() { _, _ = p.WriteToUDPAddrPort(late, from) })
		}
	}
}
