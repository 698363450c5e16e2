package lab

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// noAddress keeps interfaces without a link-local address, and so from saying
// anything (IN6_ADDR_GEN_MODE_NONE).
const noAddress = "1"

// hopTable is the first of a hop's two routing tables: one for what goes to
// each end.
const hopTable = 100

// addHop makes a router without BGP and a cable from each end to it. The ends'
// addresses are of one subnet still, as with proxy ARP: each reaches the other
// through the hop, which counts the TTL down, so that an external session
// needs to be a multihop one.
func (k *Link) addHop(sockets map[int]*nl.SocketHandle, ends [2]vethEnd) error {
	m := &middle{}
	forward := func() error {
		return writeAll([]sysctl{
			{"ipv4/ip_forward", "1"},
			{"ipv4/conf/all/rp_filter", "0"},
			{"ipv4/conf/default/rp_filter", "0"},
			{"ipv4/conf/all/send_redirects", "0"},
			{"ipv4/conf/default/send_redirects", "0"},
			{"ipv6/conf/all/addr_gen_mode", noAddress},
			{"ipv6/conf/default/addr_gen_mode", noAddress},
			{"ipv6/conf/all/disable_ipv6", "0"},
			{"ipv6/conf/default/disable_ipv6", "0"},
			{"ipv6/conf/all/forwarding", "1"},
		})
	}
	if err := k.lab.openMiddle(m, "hop."+k.Name, forward); err != nil {
		return fmt.Errorf("make hop: %w", err)
	}
	if err := k.lab.cable(sockets, ends, m); err != nil {
		return err
	}
	// lo as well: without any local address the kernel takes all gateways for
	// broadcast addresses (net/ipv4/fib_frontend.c, __inet_dev_addr_type).
	const lo = 1
	for _, index := range []int{lo, m.ports[0], m.ports[1]} {
		if err := m.netlink.LinkSetUp(device(index)); err != nil {
			return fmt.Errorf("set interface %d up: %w", index, err)
		}
	}
	k.hop = m
	return nil
}

// routeHop makes the hop send whatever comes in at one port out at the other,
// to the end there.
func (k *Link) routeHop() error {
	for e, end := range k.Ends {
		in, out := k.hop.ports[1-e], k.hop.ports[e]
		for _, to := range []netip.Prefix{end.IPv4, end.IPv6} {
			if !to.IsValid() {
				continue
			}
			if err := k.hop.lead(to.Addr(), k.index[e], in, out, hopTable+e); err != nil {
				return fmt.Errorf("lead the hop to %s: %w", end.Node, err)
			}
		}
	}
	return nil
}

func (m *middle) lead(end netip.Addr, index, in, out, table int) error {
	all := netip.IPv4Unspecified()
	if end.Is6() {
		all = netip.IPv6Unspecified()
	}
	err := m.netlink.NeighSet(&netlink.Neigh{LinkIndex: out, Family: family(end), State: netlink.NUD_PERMANENT,
		IP: end.AsSlice(), HardwareAddr: hardwareAddr(index)})
	if err != nil {
		return fmt.Errorf("add neighbour: %w", err)
	}
	err = m.netlink.RouteReplace(&netlink.Route{LinkIndex: out, Dst: ipNet(netip.PrefixFrom(all, 0)),
		Gw: end.AsSlice(), Table: table, Flags: int(netlink.FLAG_ONLINK), Protocol: unix.RTPROT_STATIC})
	if err != nil {
		return fmt.Errorf("add route: %w", err)
	}
	dev, err := m.netlink.LinkByIndex(in)
	if err != nil {
		return err
	}
	rule := netlink.NewRule()
	rule.Family, rule.IifName, rule.Table, rule.Priority = family(end), dev.Attrs().Name, table, table
	if err := m.netlink.RuleAdd(rule); err != nil {
		return fmt.Errorf("add rule: %w", err)
	}
	return nil
}

// passHop makes the link-local address of the far end lead to the hop as well:
// daemons take it for the next hop of a neighbor of the same subnet.
func (n *Node) passHop(i Interface, via netip.Addr, port int) error {
	k, err := n.lab.Link(i.Link)
	if err != nil || k.hop == nil || via.Is4() {
		return err
	}
	_, far, err := k.end(i.Peer.Node)
	if err != nil {
		return err
	}
	a := linkLocal(hardwareAddr(far.Index))
	if err := n.addNeighbour(i.Index, a, hardwareAddr(port)); err != nil {
		return fmt.Errorf("add neighbour %s: %w", a, err)
	}
	return nil
}

// linkLocal is the address that the kernel makes of a hardware address (RFC 4291,
// appendix A).
func linkLocal(h net.HardwareAddr) netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 8: h[0] ^ 2, 9: h[1], 10: h[2], 11: 0xff, 12: 0xfe, 13: h[3], 14: h[4], 15: h[5]})
}
