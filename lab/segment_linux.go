package lab

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// segment is a switch that three or more nodes share.
type segment struct {
	bridge
	plugged map[string]plugged // by node
}

// plugged is one node's end of a segment, and the port that its cable leads to.
type plugged struct{ index, port int }

// share connects both nodes to the pair's segment, where one of another pair has not
// done so.
func (k *Link) share(sockets map[int]*nl.SocketHandle, nodes [2]*Node) error {
	s, err := k.lab.segment(k.Segment)
	if err != nil {
		return err
	}
	k.bridge = &bridge{middle: s.middle, index: s.index}
	for e, n := range nodes {
		p, known := s.plugged[n.Name]
		if !known {
			if p, err = k.lab.plugIn(sockets, s, vethEnd{n.space, k.Ends[e].Dev, 0}); err != nil {
				return err
			}
			s.plugged[n.Name] = p
		}
		k.index[e], k.bridge.ports[e] = p.index, p.port
	}
	return nil
}

// segment returns the one of the name, which it makes at first.
func (l *Lab) segment(name string) (*segment, error) {
	if s, made := l.segments[name]; made {
		return s, nil
	}
	s := &segment{plugged: map[string]plugged{}}
	if err := l.openMiddle(&s.middle, "switch."+name, s.open); err != nil {
		return nil, fmt.Errorf("make switch: %w", err)
	}
	l.segments[name] = s
	return s, nil
}

// plugIn lays a cable from a node to a port of the switch.
func (l *Lab) plugIn(sockets map[int]*nl.SocketHandle, s *segment, end vethEnd) (plugged, error) {
	end.index = l.nextIndex
	l.nextIndex++
	port := l.port(&s.middle, 0, end)
	if err := addVeth(sockets, end, port); err != nil {
		return plugged{}, err
	}
	return plugged{end.index, port.index}, s.connect(port.index)
}

// connect makes a port one of the bridge's.
func (b *bridge) connect(port int) error {
	err := b.netlink.LinkSetMasterByIndex(device(port), b.index)
	if err := errors.Join(err, b.netlink.LinkSetUp(device(port))); err != nil {
		return fmt.Errorf("connect port to switch: %w", err)
	}
	return nil
}

// members makes the anycast addresses of a segment with VRRP be found there. Who holds
// them says so in his ARP messages: routers ask on the segment, and the members, all
// of which have the addresses on an interface of their own, keep silent about those.
func (n *Node) members(i Interface) error {
	k, err := n.lab.Link(i.Link)
	if err != nil || k.VRRP == nil {
		return err
	}
	switch n.Role {
	case topologies.Router:
		for _, p := range n.lab.topology.Anycast {
			err := n.netlink.RouteReplace(&netlink.Route{LinkIndex: i.Index, Dst: ipNet(p), Scope: unix.RT_SCOPE_LINK, Protocol: unix.RTPROT_STATIC})
			if err != nil {
				return fmt.Errorf("lead %s to %s: %w", p, i.Dev, err)
			}
		}
	case topologies.Anycast:
		return n.Do(func() error {
			return writeAll([]sysctl{{"ipv4/conf/" + i.Dev + "/arp_ignore", "1"}, {"ipv4/conf/" + i.Dev + "/arp_announce", "2"}})
		})
	}
	return nil
}

// beside lists the node's ends of links at an interface: several where they share a
// segment.
func (n *Node) beside(index int) []Interface {
	return slices.DeleteFunc(n.Interfaces(), func(i Interface) bool { return i.Index != index })
}

// OwnerOfInterface returns the node that has an interface with the hardware address, or "".
func (l *Lab) OwnerOfInterface(hw net.HardwareAddr) string {
	for _, n := range l.nodes {
		if slices.ContainsFunc(n.interfaces, func(i Interface) bool { return bytes.Equal(hardwareAddr(i.Index), hw) }) {
			return n.Name
		}
	}
	return ""
}
