package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// firstIndex is above whatever the kernel puts into a new namespace by itself
// (lo, and the fallback devices of tunnel modules).
const firstIndex = 101

// Link is a cable between two nodes, or two that meet in a switch, which others may share.
type Link struct {
	topologies.Link
	lab    *Lab
	index  [2]int
	bridge *bridge // nil if there is no switch
	relay  *middle // nil if the kernel holds packets back, or nothing does; else beside what else there is
	hop    *middle // nil if there is no router without BGP
}

// SetDown takes the end at node down, as "ip link set down" does.
func (k *Link) SetDown(node string) error {
	n, i, err := k.end(node)
	if err != nil {
		return err
	}
	if err := n.setDown(i.Index); err != nil {
		return fmt.Errorf("set link %s down at %s: %w", k.Name, node, err)
	}
	return nil
}

// SetUp takes the end at node up and restores what the kernel flushed when it
// went down: IPv6 addresses, static routes, neighbour entries. As on any host
// the kernel completes the IPv6 addresses a moment after it has returned.
func (k *Link) SetUp(node string) error {
	n, i, err := k.end(node)
	if err != nil {
		return err
	}
	err = n.setUp(i.Index)
	for _, i := range n.beside(i.Index) {
		err = errors.Join(err, n.configure(i))
	}
	if err != nil {
		return fmt.Errorf("set link %s up at %s: %w", k.Name, node, err)
	}
	return nil
}

// Carrier reports whether the end at node has a carrier (IFF_LOWER_UP).
func (k *Link) Carrier(node string) (bool, error) {
	n, i, err := k.end(node)
	if err != nil {
		return false, err
	}
	dev, err := n.netlink.LinkByIndex(i.Index)
	if err != nil {
		return false, fmt.Errorf("read carrier of link %s at %s: %w", k.Name, node, err)
	}
	return dev.Attrs().RawFlags&unix.IFF_LOWER_UP != 0, nil
}

// OppositeCarrier reports whether there is a carrier where the cable from
// node's end leads to: at the far end, or at a port in the middle of the link.
func (k *Link) OppositeCarrier(node string) (bool, error) {
	_, near, err := k.end(node)
	if err != nil {
		return false, err
	}
	m, port := k.plug(near.Index)
	if m == nil {
		return k.Carrier(near.Peer.Node)
	}
	dev, err := m.netlink.LinkByIndex(port)
	if err != nil {
		return false, fmt.Errorf("read carrier in the middle of link %s: %w", k.Name, err)
	}
	return dev.Attrs().RawFlags&unix.IFF_LOWER_UP != 0, nil
}

// plug returns the port to which an end is cabled in the middle of the link,
// nil if it is one cable. A relay comes after the first end.
func (k *Link) plug(end int) (m *middle, port int) {
	e := slices.Index(k.index[:], end)
	switch {
	case k.relay != nil && (e == 0 || !k.Parted()):
		m = k.relay
	case k.bridge != nil:
		m = &k.bridge.middle
	case k.hop != nil:
		m = k.hop
	default:
		return nil, 0
	}
	return m, m.ports[e]
}

func (k *Link) end(node string) (*Node, Interface, error) {
	for e, end := range k.Ends {
		if end.Node != node {
			continue
		}
		n, err := k.lab.Node(node)
		return n, k.at(e), err
	}
	return nil, Interface{}, fmt.Errorf("link %s has no end at %q", k.Name, node)
}

// at describes one end.
func (k *Link) at(e int) Interface {
	return Interface{End: k.Ends[e], Index: k.index[e], Link: k.Name, Peer: k.Ends[1-e]}
}

// openLinks lays the cables. The socket is in the sandbox's own namespace;
// the ends appear in their nodes at once.
func (l *Lab) openLinks(ctx context.Context) error {
	s, err := nl.GetNetlinkSocketAt(netns.None(), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer s.Close()
	sockets := map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: s}}
	laid := l.counting("building", len(l.topology.Links), "links")
	for _, t := range l.topology.Links {
		k := &Link{Link: t, lab: l}
		if t.Segment == "" {
			k.index = [2]int{l.nextIndex, l.nextIndex + 1}
			l.nextIndex += 2
		}
		if err := errors.Join(ctx.Err(), k.open(sockets)); err != nil {
			return fmt.Errorf("make link %s: %w", k.Name, err)
		}
		l.links, l.byLink[k.Name] = append(l.links, k), k
		laid()
	}
	return nil
}

func (k *Link) open(sockets map[int]*nl.SocketHandle) error {
	var nodes [2]*Node
	for e, end := range k.Ends {
		n, err := k.lab.Node(end.Node)
		if err != nil {
			return err
		}
		nodes[e] = n
	}
	lay := k.lay
	if k.Segment != "" {
		lay = k.share
	}
	if err := lay(sockets, nodes); err != nil {
		return err
	}
	for e, n := range nodes {
		if err := k.nameless(n, e); err != nil {
			return err
		}
		// By index: this fails if a kernel ignored the one that it was given.
		if err := n.setUp(k.index[e]); err != nil {
			return fmt.Errorf("set %s up at %s: %w", k.Ends[e].Dev, n.Name, err)
		}
		n.interfaces = append(n.interfaces, k.at(e))
		for _, p := range []netip.Prefix{k.Ends[e].IPv4, k.Ends[e].IPv6} {
			if p.IsValid() {
				k.lab.owners[p.Addr()] = n.Name
			}
		}
	}
	if k.hop != nil {
		if err := k.routeHop(); err != nil {
			return err
		}
	}
	if k.relay != nil {
		return k.startRelay()
	}
	return nil
}

// nameless keeps the kernel from giving the end of an unnumbered link a link-local
// address of its own beside the topology's, which FRR might announce itself by.
func (k *Link) nameless(n *Node, e int) error {
	if !k.Unnumbered {
		return nil
	}
	return n.Do(sysctl{"ipv6/conf/" + k.Ends[e].Dev + "/addr_gen_mode", "1"}.write)
}

// hardwareAddr is the same in every run: locally administered, and ending in
// the interface's index.
func hardwareAddr(index int) net.HardwareAddr {
	return net.HardwareAddr{0x02, 0xa1, byte(index >> 24), byte(index >> 16), byte(index >> 8), byte(index)}
}

// configure gives an interface that is up its addresses, the neighbour
// entries of its far end and, if it is a client's first, the default routes.
// It is idempotent, and does again what a link flushed when it went down.
//
// The neighbour entries are permanent: the first packet over a backup path
// must not pay for address resolution, which is not what is measured here,
// and such entries outlive a loss of carrier.
func (n *Node) configure(i Interface) error {
	far, err := n.lab.nextTo(i)
	if err != nil {
		return err
	}
	for _, family := range [][2]netip.Prefix{{i.IPv4, i.Peer.IPv4}, {i.IPv6, i.Peer.IPv6}} {
		near, via := family[0], family[1].Addr()
		if !near.IsValid() {
			continue
		}
		if err := n.addAddr(i.Index, near); err != nil {
			return fmt.Errorf("add address %s: %w", near, err)
		}
		if err := n.addNeighbour(i.Index, via, hardwareAddr(far)); err != nil {
			return fmt.Errorf("add neighbour %s: %w", via, err)
		}
		if err := n.passHop(i, via, far); err != nil {
			return err
		}
		if err := n.addRoutes(i, near); err != nil {
			return err
		}
		if !n.leadsOut(i) || n.hasDefault(via) {
			continue
		}
		if err := n.addDefault(i.Index, via); err != nil {
			return fmt.Errorf("add default route via %s: %w", via, err)
		}
	}
	return n.members(i)
}

// nextTo returns the index of the interface that takes what leaves at i: that
// of the far end, or of the hop's port.
func (l *Lab) nextTo(i Interface) (int, error) {
	k, err := l.Link(i.Link)
	if err != nil {
		return 0, err
	}
	if k.hop != nil {
		return k.hop.ports[slices.Index(k.index[:], i.Index)], nil
	}
	_, far, err := k.end(i.Peer.Node)
	return far.Index, err
}
