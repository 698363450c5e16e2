package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// RouteTable lists the node's main routing table, a line for each route in the
// manner of ip-route(8), with the node that each next hop is an address of.
func (n *Node) RouteTable() ([]string, error) {
	routes, err := Dump(func() ([]netlink.Route, error) {
		return n.netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes of %s: %w", n.Name, err)
	}
	links, err := Dump(n.netlink.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list interfaces of %s: %w", n.Name, err)
	}
	devs := map[int]string{}
	for _, l := range links {
		devs[l.Attrs().Index] = l.Attrs().Name
	}
	var lines []string
	for _, r := range routes {
		lines = append(lines, n.routeLine(r, devs))
	}
	slices.Sort(lines)
	return lines, nil
}

func (n *Node) routeLine(r netlink.Route, devs map[int]string) string {
	line := "default"
	if r.Dst != nil && prefixOf(r.Dst).Bits() > 0 {
		line = prefixOf(r.Dst).String()
	}
	for _, h := range gatewaysOf(r) {
		line += n.hop(h, devs)
	}
	return line + " proto " + r.Protocol.String() + fmt.Sprintf(" metric %d", r.Priority)
}

// gatewaysOf returns the next hops of a route with one or with several.
func gatewaysOf(r netlink.Route) []netlink.NexthopInfo {
	if len(r.MultiPath) == 0 {
		return []netlink.NexthopInfo{{Gw: r.Gw, Via: r.Via, LinkIndex: r.LinkIndex, Flags: r.Flags}}
	}
	var list []netlink.NexthopInfo
	for _, h := range r.MultiPath {
		list = append(list, *h)
	}
	return list
}

func (n *Node) hop(h netlink.NexthopInfo, devs map[int]string) string {
	var b strings.Builder
	if via := viaOf(h); via.IsValid() {
		fmt.Fprintf(&b, " via %s", via)
		if owner := n.lab.Owner(via); owner != "" {
			fmt.Fprintf(&b, " (%s)", owner)
		}
	}
	if dev := devs[h.LinkIndex]; dev != "" {
		b.WriteString(" dev " + dev)
	}
	if h.Flags&(unix.RTNH_F_LINKDOWN|unix.RTNH_F_DEAD) != 0 {
		b.WriteString(" linkdown")
	}
	return b.String()
}

// HasRoute says whether the node's kernel would send a packet to the address.
func (n *Node) HasRoute(to netip.Addr) (bool, error) {
	_, err := n.netlink.RouteGet(to.AsSlice())
	if errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EACCES) {
		return false, nil // none, or one that says unreachable, blackhole or prohibit
	}
	if err != nil {
		return false, fmt.Errorf("ask %s for its route to %s: %w", n.Name, to, err)
	}
	return true, nil
}
