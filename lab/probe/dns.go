package probe

import (
	"bytes"
	"encoding/binary"

	"anylab/lab/record"
)

var dnsKind = kind{
	new: newDNS, outstanding: 1 << 16, // the transaction id has 16 bits
	Facts: Facts{
		Summary:  "id.server, CH TXT, with NSID, over UDP; any answer but SERVFAIL is one",
		Services: []string{"dns"}, Transport: record.Datagram, Payload: len(identityQuery()), Trips: 1,
	},
}

// newDNS asks for the server's identity in both ways there are: the name
// id.server in class CHAOS (RFC 4892) and the NSID option (RFC 5001). A server
// that refuses the question has answered: only SERVFAIL counts as silence, since
// its user is as badly off.
func newDNS(c Config) transport {
	query := identityQuery()
	question := query[dnsHeader : len(query)-len(nsidRequest)]
	return newDatagram(c, dialect{
		protocol: protocolUDP, port: c.Target.Port(),
		query: query, mask: 0xffff,
		put:   func(query []byte, seq uint64) { binary.BigEndian.PutUint16(query, uint16(seq)) },
		parse: func(packet []byte) (uint64, []byte, bool) { return parseDNS(packet, question) },
	})
}

// Numbers of RFC 1035 section 4.1, RFC 6891 section 6.1 and RFC 5001.
const (
	dnsHeader   = 12
	typeTXT     = 16
	typeOPT     = 41
	classChaos  = 3
	optionNSID  = 3
	servfail    = 2
	flagAnswer  = 0x80 // QR, in the third byte
	maskRcode   = 0x0f // in the fourth
	pointerBits = 0xc0 // of a label's length byte: compression
)

// nsidRequest is an OPT record that offers 1232 bytes (what passes everywhere
// without fragments) and contains an empty NSID option.
const nsidRequest = "\x00" + "\x00\x29" + "\x04\xd0" + "\x00\x00\x00\x00" + "\x00\x04" + "\x00\x03\x00\x00"

// identityQuery returns the query with id 0.
func identityQuery() []byte {
	// No flags: recursion is not wanted. One question, one additional record.
	query := []byte{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}
	query = append(query, "\x02id\x06server\x00"...)
	query = append(query, 0, typeTXT, 0, classChaos)
	return append(query, nsidRequest...)
}

// parseDNS takes an answer to the question apart. The node is the text of the
// NSID option, else the first string of the first TXT record.
func parseDNS(packet, question []byte) (id uint64, node []byte, ok bool) {
	if len(packet) < dnsHeader || packet[2]&flagAnswer == 0 || packet[3]&maskRcode == servfail {
		return 0, nil, false
	}
	id = uint64(binary.BigEndian.Uint16(packet))
	records := int(binary.BigEndian.Uint16(packet[6:])) + int(binary.BigEndian.Uint16(packet[8:])) +
		int(binary.BigEndian.Uint16(packet[10:]))
	m := dnsMessage(packet[dnsHeader:])
	// A server that could not read the question, or does not want to, may send
	// an error without it.
	if binary.BigEndian.Uint16(packet[4:]) != 1 {
		return id, nil, packet[3]&maskRcode != 0
	}
	// A server may give the question's letters in a case of its own.
	if len(m) < len(question) || !bytes.EqualFold(m[:len(question)], question) {
		return 0, nil, false
	}
	m = m[len(question):]
	return id, m.identity(records), true
}

// dnsMessage is what remains to be read of a message.
type dnsMessage []byte

// identity looks through the records. A message that is cut short, or is
// malformed from some point on, is read as far as it goes: it is an answer
// all the same.
func (m *dnsMessage) identity(records int) []byte {
	var text []byte
	for range records {
		kind, data, ok := m.record()
		if !ok {
			break
		}
		switch {
		case kind == typeOPT:
			if id := nsid(data); len(id) > 0 {
				return id
			}
		case kind == typeTXT && text == nil && len(data) > 0 && int(data[0]) < len(data):
			text = data[1 : 1+int(data[0])]
		}
	}
	return text
}

// record takes the next record off the message.
func (m *dnsMessage) record() (kind uint16, data []byte, ok bool) {
	const fixed = 10 // type, class, TTL, length of the data
	b := skipName(*m)
	if len(b) < fixed {
		return 0, nil, false
	}
	size := int(binary.BigEndian.Uint16(b[8:]))
	if len(b) < fixed+size {
		return 0, nil, false
	}
	*m = b[fixed+size:]
	return binary.BigEndian.Uint16(b), b[fixed : fixed+size], true
}

// skipName returns what follows a name, or nil. A pointer ends a name, so it
// need not be followed.
func skipName(b []byte) []byte {
	for len(b) > 0 {
		size := int(b[0])
		switch {
		case size == 0:
			return b[1:]
		case size&pointerBits == pointerBits && len(b) >= 2:
			return b[2:]
		case size&pointerBits != 0 || len(b) <= size:
			return nil
		}
		b = b[1+size:]
	}
	return nil
}

// nsid returns the NSID option's data among the options of an OPT record.
func nsid(options []byte) []byte {
	for len(options) >= 4 {
		code, size := binary.BigEndian.Uint16(options), int(binary.BigEndian.Uint16(options[2:]))
		options = options[4:]
		if len(options) < size {
			return nil
		}
		if code == optionNSID {
			return options[:size]
		}
		options = options[size:]
	}
	return nil
}
