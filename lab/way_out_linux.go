package lab

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// RouteOut gives the node static default routes towards the router on its
// first link to one. It is for nodes whose BGP daemon writes no routes into
// the kernel, which otherwise had no way back to the clients; why goes into
// the lab's fallbacks. It is idempotent.
//
// The route stays when BGP would choose another: what comes in by a second
// link is still answered by the first.
func (n *Node) RouteOut(why string) error {
	for at, i := range n.interfaces {
		far, err := n.lab.Node(i.Peer.Node)
		if err != nil {
			return err
		}
		if far.Role != topologies.Router {
			continue
		}
		n.out.Store(int64(at + 1))
		for _, via := range []netip.Prefix{i.Peer.IPv4, i.Peer.IPv6} {
			if !via.IsValid() || n.hasDefault(via.Addr()) {
				continue
			}
			if err := n.addDefault(i.Index, via.Addr()); err != nil {
				return fmt.Errorf("add default route of %s via %s: %w", n.Name, via.Addr(), err)
			}
		}
		n.lab.fellBack(fmt.Sprintf("%s: a static default route to %s, because %s", n.Name, far.Name, why))
		return nil
	}
	return fmt.Errorf("%s has no link to a router, and %s", n.Name, why)
}

// FellBack records that something stood in for what the node's daemon can't
// do, once however often it is told.
func (n *Node) FellBack(what string) { n.lab.fellBack(what) }

// addRoutes adds the static routes that lead over the interface into the
// network of its address.
func (n *Node) addRoutes(i Interface, near netip.Prefix) error {
	for _, r := range n.Routes {
		if !near.Contains(r.Via) {
			continue
		}
		err := n.netlink.RouteReplace(&netlink.Route{LinkIndex: i.Index, Dst: ipNet(r.To), Gw: r.Via.AsSlice(), Protocol: unix.RTPROT_STATIC})
		if err != nil {
			return fmt.Errorf("add route to %s via %s: %w", r.To, r.Via, err)
		}
	}
	return nil
}

// hasDefault says whether the user gives the node a default route of the
// address's family.
func (n *Node) hasDefault(a netip.Addr) bool {
	return slices.ContainsFunc(n.Routes, func(r topologies.Route) bool { return r.Default() && r.Via.Is4() == a.Is4() })
}

// leadsOut says whether the default routes lead to this interface.
func (n *Node) leadsOut(i Interface) bool {
	if n.Role == topologies.Client {
		return n.interfaces[0].Link == i.Link
	}
	out := n.out.Load()
	return out > 0 && n.interfaces[out-1].Link == i.Link
}
