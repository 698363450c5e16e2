package observe

import (
	"encoding/binary"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/record"
)

// resolver says where the next hops of one node lead.
type resolver struct {
	lab   *lab.Lab
	node  string
	links map[int]lab.Interface // by interface index
	names map[int]string        // of interfaces that are no link's
}

func newResolver(l *lab.Lab, n *lab.Node) *resolver {
	r := &resolver{lab: l, node: n.Name, links: map[int]lab.Interface{}, names: map[int]string{}}
	for _, i := range n.Interfaces() {
		if _, shared := r.links[i.Index]; !shared {
			r.links[i.Index] = i
		}
	}
	return r
}

// hop names what h leads to: the owner of the gateway's address, the node at
// the other end of the link, or, on any other interface, the node itself.
func (r *resolver) hop(c *netlink.Conn, h hop) record.Hop {
	out := record.Hop{Node: r.node, Via: h.via, Down: h.flags&(unix.RTNH_F_LINKDOWN|unix.RTNH_F_DEAD) != 0}
	if i, ok := r.links[h.index]; ok {
		out.Node, out.Dev = r.far(i), i.Dev
	} else {
		out.Dev = r.name(c, h.index)
	}
	if h.via.IsValid() {
		if owner := r.lab.Owner(h.via); owner != "" {
			out.Node = owner
		}
	}
	return out
}

// far is the node at the other end of a link; empty on a segment, where there are
// several.
func (r *resolver) far(i lab.Interface) string {
	if k, err := r.lab.Link(i.Link); err == nil && k.Segment != "" {
		return ""
	}
	return i.Peer.Node
}

// name asks the kernel for an interface's name, once. It is empty if the
// interface is gone.
func (r *resolver) name(c *netlink.Conn, index int) string {
	if name, ok := r.names[index]; ok {
		return name
	}
	request := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(request[4:], uint32(index))
	answer, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETLINK, Flags: netlink.Request},
		Data:   request,
	})
	if err != nil || len(answer) != 1 {
		return ""
	}
	l, err := parseLink(answer[0].Data)
	if err != nil {
		return ""
	}
	r.names[index] = l.name
	return l.name
}

// forwarding returns the next hops of a route of the kind. A route that
// refuses packets has none; one for the node's own address leads to itself.
func (r *resolver) forwarding(c *netlink.Conn, kind uint8, hops []hop) []record.Hop {
	if kind != unix.RTN_UNICAST && kind != unix.RTN_LOCAL {
		return nil
	}
	var out []record.Hop
	for _, h := range hops {
		o := r.hop(c, h)
		if kind == unix.RTN_LOCAL {
			o.Node = r.node
		}
		out = append(out, o)
	}
	return out
}
