package probe

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"

	"anylab/lab/record"
)

var udpKind = kind{
	new: newUDP, outstanding: maxDatagrams,
	Facts: Facts{
		Summary:  "an echo that says who gave it",
		Services: []string{"udp"}, Transport: record.Datagram, Payload: tokenSize, Trips: 1,
	},
}

// newUDP asks a service that answers with the request itself, followed by the
// name of its node, on a line of its own or not. A plain echo service does as well, and names no node.
func newUDP(c Config) transport {
	t := newToken()
	return newDatagram(c, dialect{
		protocol: protocolUDP, port: c.Target.Port(),
		query: t.query(), mask: ^uint64(0), put: t.put, parse: t.parse,
	})
}

// token is what a request carries where the protocol lets it carry anything:
// eight bytes that tell this run from others, and eight with its number.
type token [8]byte

const tokenSize = 16

func newToken() token {
	var t token
	binary.BigEndian.PutUint64(t[:], rand.Uint64())
	return t
}

func (t token) query() []byte { return append(t[:], make([]byte, 8)...) }

func (t token) put(query []byte, seq uint64) { binary.BigEndian.PutUint64(query[len(t):], seq) }

func (t token) parse(packet []byte) (seq uint64, node []byte, ok bool) {
	if len(packet) < tokenSize || !bytes.Equal(packet[:len(t)], t[:]) {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(packet[len(t):]), bytes.TrimSpace(packet[tokenSize:]), true
}
