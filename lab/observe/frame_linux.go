package observe

import (
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"anylab/lab/record"
)

// decoder takes TCP segments, BFD packets and advertisements out of Ethernet frames. It isn't safe for
// concurrent use.
type decoder struct {
	parser *gopacket.DecodingLayerParser
	seen   []gopacket.LayerType
	eth    layers.Ethernet
	ip4    layers.IPv4
	ip6    layers.IPv6
	tcp    layers.TCP
	udp    layers.UDP
	bfd    layers.BFD
}

func newDecoder() *decoder {
	d := &decoder{}
	d.parser = gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &d.eth, &d.ip4, &d.ip6, &d.tcp, &d.udp, &d.bfd)
	d.parser.IgnoreUnsupported = true
	return d
}

// segment returns the TCP segment in the frame, stamped at, with a copy of its
// data and its two ends; ok is false if there is none.
func (d *decoder) segment(data []byte, at record.Time) (g segment, src, dst netip.AddrPort, ok bool) {
	if d.parser.DecodeLayers(data, &d.seen) != nil || len(d.seen) != 3 || d.seen[2] != layers.LayerTypeTCP {
		return g, src, dst, false
	}
	a, b := d.addrs()
	g = segment{
		at: at, seq: d.tcp.Seq,
		syn: d.tcp.SYN, ack: d.tcp.ACK, fin: d.tcp.FIN, rst: d.tcp.RST,
		data: append([]byte(nil), d.tcp.Payload...),
	}
	return g, netip.AddrPortFrom(a, uint16(d.tcp.SrcPort)), netip.AddrPortFrom(b, uint16(d.tcp.DstPort)), true
}

// addrs returns the addresses of the packet that was decoded last.
func (d *decoder) addrs() (src, dst netip.Addr) {
	from, to := d.ip6.SrcIP, d.ip6.DstIP
	if d.seen[1] == layers.LayerTypeIPv4 {
		from, to = d.ip4.SrcIP, d.ip4.DstIP
	}
	src, _ = netip.AddrFromSlice(from)
	dst, _ = netip.AddrFromSlice(to)
	return src, dst
}

// packet returns what the BFD control packet in the frame says, with its two
// ends; ok is false if there is none.
func (d *decoder) packet(data []byte) (c control, src, dst netip.Addr, ok bool) {
	if d.parser.DecodeLayers(data, &d.seen) != nil || !d.isBFD() {
		return c, src, dst, false
	}
	src, dst = d.addrs()
	return control{d.bfd.State, d.bfd.Diagnostic}, src, dst, true
}

// isBFD says whether the packet that was decoded last is of BFD. The parser does
// not know the port that it has with routers in between.
func (d *decoder) isBFD() bool {
	if len(d.seen) == 3 && d.seen[2] == layers.LayerTypeUDP && d.udp.DstPort == multihopBFDPort {
		return d.bfd.DecodeFromBytes(d.udp.Payload, gopacket.NilDecodeFeedback) == nil
	}
	return len(d.seen) == 4 && d.seen[3] == layers.LayerTypeBFD
}

// advertisement returns what the VRRP message in the frame says, which versions 2 and 3
// say alike (RFC 3768 and RFC 9568, section 5.1), and its sender; ok is false if there is
// none.
func (d *decoder) advertisement(data []byte) (id, priority uint8, src netip.Addr, ok bool) {
	if d.parser.DecodeLayers(data, &d.seen) != nil || len(d.seen) != 2 {
		return 0, 0, src, false
	}
	protocol, message := d.ip6.NextHeader, d.ip6.Payload
	if d.seen[1] == layers.LayerTypeIPv4 {
		protocol, message = d.ip4.Protocol, d.ip4.Payload
	}
	const advertisement = 1 // the only type, beside the version
	if protocol != vrrpProtocol || len(message) < 8 || message[0]&0x0f != advertisement {
		return 0, 0, src, false
	}
	src, _ = d.addrs()
	return message[1], message[2], src, true
}
