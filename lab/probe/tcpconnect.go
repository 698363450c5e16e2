package probe

import (
	"bytes"

	"anylab/lab/record"
)

var tcpConnectKind = kind{
	new: newTCPConnect, outstanding: maxConnections,
	Facts: Facts{
		Summary:  "a TCP handshake, which is the answer; the service's first line names the node",
		Services: []string{"dns", "http", "tcp"}, Transport: record.Connection, Trips: 1,
	},
}

// newTCPConnect completes a handshake, which is the answer, and listens for
// the node's name on the first line that the service sends by itself. The
// sample of a service that says nothing is recorded when the timeout has
// passed, with the time of the handshake.
func newTCPConnect(c Config) transport {
	return newStream(c, conversation{handshake: true, parse: parseLine})
}

func parseLine(received []byte, end bool) reply {
	line, _, whole := bytes.Cut(received, []byte("\n"))
	return reply{done: whole || end, ok: true, node: bytes.TrimSpace(line)}
}
