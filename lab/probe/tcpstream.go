package probe

import (
	"bytes"

	"anylab/lab/record"
)

var tcpStreamKind = kind{
	new: newTCPStream, outstanding: maxDatagrams,
	Facts: Facts{
		Summary:  "a long-lived connection for each flow, asked again and again",
		Services: []string{"tcp"}, Transport: record.LongConnection, Trips: 2,
	},
}

// echo speaks to a service that says its node's name on a line and then gives
// back what it is sent (RFC 862).
type echo struct{ token }

// newTCPStream keeps a connection to an echo service for each flow.
func newTCPStream(c Config) transport { return newSessions(c, echo{newToken()}) }

func (e echo) request(b []byte, seq uint64) []byte {
	q := e.query()
	e.put(q, seq)
	return append(b, q...)
}

func (e echo) next(received []byte, first bool) phrase {
	if first {
		line, _, whole := bytes.Cut(received, []byte("\n"))
		if !whole {
			return phrase{}
		}
		return phrase{size: len(line) + 1, node: bytes.TrimSpace(line)}
	}
	if len(received) < tokenSize {
		return phrase{}
	}
	return phrase{size: tokenSize, answer: true, good: true}
}

func (e echo) fits(said []byte, seq uint64) bool {
	got, _, ok := e.parse(said)
	return ok && got == seq
}
