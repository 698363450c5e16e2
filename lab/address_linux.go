package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// addAddr adds an address that is usable at once: no duplicate address
// detection (RFC 4862 section 5.4).
func (n *Node) addAddr(index int, p netip.Prefix) error {
	addr := &netlink.Addr{IPNet: ipNet(p)}
	if p.Addr().Is6() {
		addr.Flags = unix.IFA_F_NODAD
	}
	return n.netlink.AddrReplace(device(index), addr)
}

func (n *Node) addNeighbour(index int, a netip.Addr, hw net.HardwareAddr) error {
	return n.netlink.NeighSet(&netlink.Neigh{
		LinkIndex:    index,
		Family:       family(a),
		State:        netlink.NUD_PERMANENT,
		IP:           a.AsSlice(),
		HardwareAddr: hw,
	})
}

// addDefault leads all of the gateway's family over it, and where it is link-local
// all of IPv4 as well.
func (n *Node) addDefault(index int, via netip.Addr) error {
	all := []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0)}
	if via.Is6() {
		all = []netip.Prefix{netip.PrefixFrom(netip.IPv6Unspecified(), 0)}
	}
	if via.IsLinkLocalUnicast() {
		all = append(all, netip.PrefixFrom(netip.IPv4Unspecified(), 0))
	}
	for _, p := range all {
		h, err := gateway(p, via)
		if err != nil {
			return err
		}
		err = n.netlink.RouteReplace(&netlink.Route{LinkIndex: index, Dst: ipNet(p), Gw: h.Gw, Via: h.Via, Protocol: unix.RTPROT_STATIC})
		if err != nil {
			return err
		}
	}
	return nil
}

// settleTime bounds the kernel's work on new addresses, on the slowest machine.
const settleTime = 10 * time.Second

// awaitAddresses returns once every IPv6 address of the lab takes packets. The
// kernel adds the local route of an address later, from a work queue, even if
// there is no duplicate address detection to wait for (net/ipv6/addrconf.c,
// addrconf_dad_work). Its notice comes before the route does, so the route
// itself is asked for.
func (l *Lab) awaitAddresses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for _, n := range l.nodes {
		for _, a := range n.addresses() {
			if err := n.awaitTakes(ctx, a); err != nil {
				return fmt.Errorf("wait for address %s of %s: %w", a, n.Name, err)
			}
		}
	}
	return nil
}

// addresses lists the node's IPv6 addresses.
func (n *Node) addresses() []netip.Addr {
	var list []netip.Addr
	for _, i := range n.interfaces {
		list = append(list, i.IPv6.Addr())
	}
	if n.Role == topologies.Anycast {
		for _, p := range n.lab.topology.Anycast {
			list = append(list, p.Addr())
		}
	}
	return slices.DeleteFunc(list, func(a netip.Addr) bool { return !a.Is6() })
}

// often is how often a route without an event is asked for: it takes the kernel
// less than a millisecond to make one.
const often = 100 * time.Microsecond

// awaitTakes waits until packets to a would be delivered to the node itself.
func (n *Node) awaitTakes(ctx context.Context, a netip.Addr) error {
	tick := time.NewTicker(often)
	defer tick.Stop()
	for !n.takes(a) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// takes reports whether a packet to a would be delivered to the node itself.
func (n *Node) takes(a netip.Addr) bool {
	routes, err := n.netlink.RouteGet(a.AsSlice())
	return err == nil && len(routes) > 0 && routes[0].Type == unix.RTN_LOCAL
}

// loopback is the index of lo, the first interface of every namespace.
const loopback = 1

// device names an interface to a library call that reads no more than the
// index.
func device(index int) *netlink.Device {
	return &netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: index}}
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func family(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func prefixOf(n *net.IPNet) netip.Prefix {
	a, _ := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(a.Unmap(), ones)
}
