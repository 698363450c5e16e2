package lab

import (
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
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

func (n *Node) addDefault(index int, via netip.Addr) error {
	all := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	if via.Is6() {
		all = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	return n.netlink.RouteReplace(&netlink.Route{
		LinkIndex: index,
		Dst:       ipNet(all),
		Gw:        via.AsSlice(),
		Protocol:  unix.RTPROT_STATIC,
	})
}

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
