package observe

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/topologies"
)

// flow is what a forwarding lookup is asked about: UDP from a client's address
// and port, coming in by an interface. Without a client it is a packet of the
// router's own.
type flow struct {
	src, dst netip.Addr
	port     uint16
	in       int // interface index
}

// portsPerClient flows of each client are asked about, so that ECMP shows when
// the kernel hashes ports as well (fib_multipath_hash_policy 1); maxFlows
// bounds the work of one round.
const (
	portsPerClient = 4
	maxFlows       = 32
	firstPort      = 49152 // of the dynamic ports, RFC 6335 section 6
	dnsPort        = 53
)

// flowsThrough lists the flows from every client to every anycast address as
// they would pass n.
func flowsThrough(t topologies.Topology, n *lab.Node) []flow {
	var flows []flow
	for _, p := range t.Anycast {
		entered := false
		for _, client := range t.Of(topologies.Client) {
			if len(flows) >= maxFlows { // each costs a search of the whole network
				return flows[:maxFlows]
			}
			in := towards(t, n, client)
			if in == 0 {
				continue
			}
			entered = true
			near, _ := t.LinksOf(client)[0].Of(client)
			src := near.IPv4.Addr()
			if p.Addr().Is6() {
				src = near.IPv6.Addr()
			}
			flows = appendPorts(flows, flow{src: src, dst: p.Addr(), in: in})
		}
		if !entered {
			flows = appendPorts(flows, flow{dst: p.Addr()})
		}
	}
	return flows[:min(len(flows), maxFlows)]
}

func appendPorts(flows []flow, f flow) []flow {
	for i := range portsPerClient {
		f.port = firstPort + uint16(i)
		flows = append(flows, f)
	}
	return flows
}

// towards returns the index of n's interface on a shortest path to the client
// over routers, 0 if there is none.
func towards(t topologies.Topology, n *lab.Node, client string) int {
	reached := []string{client}
	for i := 0; i < len(reached); i++ {
		for _, l := range t.LinksOf(reached[i]) {
			near, far := l.Of(reached[i])
			if far.Node == n.Name {
				return indexOf(n, l.Name)
			}
			if node, _ := t.Node(far.Node); node.Role == topologies.Router && near.Node != far.Node && !slices.Contains(reached, far.Node) {
				reached = append(reached, far.Node)
			}
		}
	}
	return 0
}

func indexOf(n *lab.Node, link string) int {
	for _, i := range n.Interfaces() {
		if i.Link == link {
			return i.Index
		}
	}
	return 0
}

// request encodes the question. For a packet that is to be forwarded the
// kernel wants the interface by which it came; only then may its source be
// somebody else's address.
func (f flow) request() ([]byte, error) {
	b, err := routeRequest(f.dst, 0, func(e *netlink.AttributeEncoder) {
		if f.in != 0 {
			e.Bytes(unix.RTA_SRC, f.src.AsSlice())
			e.Uint32(unix.RTA_IIF, uint32(f.in))
		}
		e.Uint8(unix.RTA_IP_PROTO, unix.IPPROTO_UDP)
		e.Bytes(unix.RTA_SPORT, binary.BigEndian.AppendUint16(nil, f.port))
		e.Bytes(unix.RTA_DPORT, binary.BigEndian.AppendUint16(nil, dnsPort))
	})
	if err == nil && f.in != 0 {
		b[2] = uint8(f.src.BitLen())
	}
	return b, err
}
