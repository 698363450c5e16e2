package probe

import (
	"anylab/lab/record"
)

var icmpKind = kind{
	new: newICMP, outstanding: maxDatagrams, portless: true,
	Facts: Facts{
		Summary:   "an echo request (it does not tell who answered)",
		Transport: record.Datagram, Payload: tokenSize, Trips: 1,
	},
}

// newICMP sends echo requests (RFC 792, RFC 4443 section 4.1) through the
// kernel's ping sockets, which need no privilege but a group within
// net.ipv4.ping_group_range. The kernel fills in the identifier, which it keeps
// apart per socket as if it were a port, and the checksum. An echo reply does
// not say who sent it.
func newICMP(c Config) transport {
	request, reply, protocol := byte(8), byte(0), protocolICMP
	if c.Target.Addr().Is6() {
		request, reply, protocol = 128, 129, protocolICMPv6
	}
	t := newToken()
	return newDatagram(c, dialect{
		protocol: protocol,
		query:    append([]byte{request, 0, 0, 0, 0, 0, 0, 0}, t.query()...),
		mask:     ^uint64(0),
		put: func(query []byte, seq uint64) {
			query[6], query[7] = byte(seq>>8), byte(seq) // for who reads a capture
			t.put(query[echoHeader:], seq)
		},
		parse: func(packet []byte) (uint64, []byte, bool) {
			if len(packet) < echoHeader || packet[0] != reply {
				return 0, nil, false
			}
			seq, _, ok := t.parse(packet[echoHeader:])
			return seq, nil, ok
		},
	})
}

// echoHeader is the size of type, code, checksum, identifier and sequence.
const echoHeader = 8
