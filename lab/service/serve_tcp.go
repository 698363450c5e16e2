package service

import (
	"io"
	"net"
)

var tcpKind = kind{
	serveTCP, exchange("tcp", askTCP),
	Facts{Summary: "says its name on each connection, then echoes",
		Port: 7, Transports: []string{"tcp"}, Health: "tcp"}, // RFC 862
}

// serveTCP writes the node's name and a newline to each connection at once,
// then echoes what comes in (RFC 862).
func serveTCP(c server) error {
	return onAll(c, listenTCP, func(l net.Listener) error {
		for {
			conn, err := l.Accept()
			if err != nil {
				return err
			}
			go greet(conn, c.Node)
		}
	})
}

// greet serves one connection until the client ends it, or until keepalives
// find it gone. Its failures are the client's business.
func greet(conn net.Conn, node string) {
	defer conn.Close()
	if _, err := io.WriteString(conn, node+"\n"); err == nil {
		_, _ = io.Copy(conn, conn)
	}
}
