package observe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
)

// neighbors tells who has an address on a shared segment with a VRRP, where routes lead
// straight onto the segment.
type neighbors struct {
	lab   *lab.Lab
	there map[int]bool     // interfaces of such segments, by index
	known map[asked]string // in this round
}

// asked is a question to the neighbor table.
type asked struct {
	index int
	addr  netip.Addr
}

func newNeighbors(l *lab.Lab, n *lab.Node) *neighbors {
	list := &neighbors{l, map[int]bool{}, map[asked]string{}}
	for _, i := range n.Interfaces() {
		if k, err := l.Link(i.Link); err == nil && k.VRRP != nil {
			list.there[i.Index] = true
		}
	}
	return list
}

// groups are those whose messages tell of changes.
func (n *neighbors) groups() []int {
	if len(n.there) == 0 {
		return nil
	}
	return []int{unix.RTNLGRP_NEIGH}
}

// who has the address to which a packet leaves by h; empty if the kernel knows nobody,
// or no neighbor is asked for.
func (n *neighbors) who(c *netlink.Conn, h hop, a netip.Addr) (string, error) {
	q := asked{h.index, a}
	node, known := n.known[q]
	if known || h.via.IsValid() || !n.there[h.index] {
		return node, nil
	}
	hw, err := neighbor(c, q)
	if err == nil {
		node = n.lab.OwnerOfInterface(hw)
		n.known[q] = node
	}
	return node, err
}

// neighbor asks for the hardware address in an entry of the neighbor table; none if
// there is no entry, or it has none that may be used.
func neighbor(c *netlink.Conn, q asked) (net.HardwareAddr, error) {
	request := make([]byte, unix.SizeofNdMsg)
	request[0] = unix.AF_INET
	if q.addr.Is6() {
		request[0] = unix.AF_INET6
	}
	binary.NativeEndian.PutUint32(request[4:], uint32(q.index))
	e := netlink.NewAttributeEncoder()
	e.Bytes(unix.NDA_DST, q.addr.AsSlice())
	dst, err := e.Encode()
	if err != nil {
		return nil, fmt.Errorf("encode neighbor request: %w", err)
	}
	answers, err := c.Execute(netlink.Message{Header: netlink.Header{Type: unix.RTM_GETNEIGH, Flags: netlink.Request}, Data: append(request, dst...)})
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP): // before Linux 5.0 it is not told of one
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ask for the neighbor %s: %w", q.addr, err)
	}
	return hardwareIn(answers)
}

// hardwareIn decodes the answer's struct ndmsg and its attributes (rtnetlink(7)).
func hardwareIn(answers []netlink.Message) (net.HardwareAddr, error) {
	for _, m := range answers {
		if len(m.Data) < unix.SizeofNdMsg {
			return nil, fmt.Errorf("decode neighbor: %w", errShort)
		}
		d, err := netlink.NewAttributeDecoder(m.Data[unix.SizeofNdMsg:])
		if err != nil {
			return nil, fmt.Errorf("decode neighbor: %w", err)
		}
		for d.Next() {
			if d.Type() == unix.NDA_LLADDR {
				return d.Bytes(), nil
			}
		}
		if err := d.Err(); err != nil {
			return nil, fmt.Errorf("decode neighbor: %w", err)
		}
	}
	return nil, nil
}
