package service

import (
	"bytes"
	"net"
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
	return onAll(c, listenUDP, func(p net.PacketConn) error {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := p.ReadFrom(buf)
			if err != nil {
				return err
			}
			b := c.orders.now()
			answer := append(append(buf[:n], '\n'), c.Node...)
			if b.Wrong {
				answer = []byte("garbage")
			}
			// No way back to the client is no reason to stop serving others.
			if b.Delay == 0 {
				_, _ = p.WriteTo(answer, from)
				continue
			}
			late := bytes.Clone(answer)
			time.AfterFunc(b.Delay, func() { _, _ = p.WriteTo(late, from) })
		}
	})
}
