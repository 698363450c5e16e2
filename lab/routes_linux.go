package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Routes writes BGP's routes (RTPROT_BGP) into the main table of the network
// namespace in which it was opened.
type Routes struct {
	netlink *netlink.Handle
	nearer  map[netip.Prefix]bool // of interfaces and static routes, which go before BGP's
	groups  *groups               // of multipath routes; nil: their next hops are in the routes
}

// NewRoutes opens a netlink socket in the calling thread's namespace.
func NewRoutes() (*Routes, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink: %w", err)
	}
	r := &Routes{netlink: h}
	if r.nearer, err = r.others(); err != nil {
		h.Close()
		return nil, err
	}
	return r, nil
}

// others lists the prefixes that have a route which no BGP speaker made: a router
// prefers it, whatever it is told (its administrative distance is less).
func (r *Routes) others() (map[netip.Prefix]bool, error) {
	routes, err := Dump(func() ([]netlink.Route, error) {
		return r.netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	list := map[netip.Prefix]bool{}
	for _, route := range routes {
		if route.Protocol != unix.RTPROT_BGP {
			list[prefixOf(route.Dst)] = true
		}
	}
	return list, nil
}

// Close closes the socket and leaves the routes.
func (r *Routes) Close() error {
	r.netlink.Close()
	if r.groups != nil {
		r.groups.kernel.close()
	}
	return nil
}

// ErrNearer says that a prefix has a route already that goes before BGP's.
var ErrNearer = errors.New("an interface or a static route leads there, and goes before BGP's")

// Replace sets the route for prefix: one next hop, or several to share the
// flows among. What an interface or a static route led to when r was opened stays as
// it is (ErrNearer).
func (r *Routes) Replace(prefix netip.Prefix, via []netip.Addr) error {
	if len(via) == 0 {
		return fmt.Errorf("replace route %s: no next hop", prefix)
	}
	if r.nearer[prefix.Masked()] {
		return fmt.Errorf("replace route %s: %w", prefix, ErrNearer)
	}
	if r.groups != nil && (len(via) > 1 || r.groups.has(prefix)) {
		return r.groups.replace(prefix, via, r.device)
	}
	route := bgpRoute(prefix)
	for _, a := range via {
		h, err := gateway(prefix, a)
		if err != nil {
			return fmt.Errorf("replace route %s: %w", prefix, err)
		}
		route.MultiPath = append(route.MultiPath, h)
	}
	if len(via) == 1 {
		h := route.MultiPath[0]
		route.Gw, route.Via, route.LinkIndex, route.MultiPath = h.Gw, h.Via, h.LinkIndex, nil
	}
	if err := r.netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("replace route %s via %v: %w", prefix, via, err)
	}
	return nil
}

// gateway is a next hop of a route for the prefix. A link-local one needs an
// interface, its zone; an IPv4 prefix may have it too (RFC 8950).
func gateway(prefix netip.Prefix, a netip.Addr) (*netlink.NexthopInfo, error) {
	h := &netlink.NexthopInfo{Gw: a.AsSlice()}
	if a.Is6() && prefix.Addr().Is4() {
		h.Gw, h.Via = nil, &netlink.Via{AddrFamily: unix.AF_INET6, Addr: a.AsSlice()}
	}
	if a.Zone() == "" {
		return h, nil
	}
	dev, err := net.InterfaceByName(a.Zone())
	if err != nil {
		return nil, fmt.Errorf("find the interface of next hop %s: %w", a, err)
	}
	h.LinkIndex = dev.Index
	return h, nil
}

// Delete removes the route for prefix; one that is not there is no error.
func (r *Routes) Delete(prefix netip.Prefix) error {
	err := r.netlink.RouteDel(bgpRoute(prefix))
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("delete route %s: %w", prefix, err)
	}
	if r.groups != nil {
		return r.groups.drop(prefix)
	}
	return nil
}

// List returns the prefixes that have a BGP route, with their next hops.
func (r *Routes) List() (map[netip.Prefix][]netip.Addr, error) {
	routes, err := Dump(func() ([]netlink.Route, error) {
		return r.netlink.RouteListFiltered(netlink.FAMILY_ALL,
			&netlink.Route{Protocol: unix.RTPROT_BGP, Table: unix.RT_TABLE_MAIN},
			netlink.RT_FILTER_PROTOCOL|netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	list := map[netip.Prefix][]netip.Addr{}
	for _, route := range routes {
		prefix := prefixOf(route.Dst)
		list[prefix] = append(list[prefix], hops(route)...)
	}
	return list, nil
}

func bgpRoute(prefix netip.Prefix) *netlink.Route {
	return &netlink.Route{Dst: ipNet(prefix.Masked()), Protocol: unix.RTPROT_BGP, Table: unix.RT_TABLE_MAIN}
}

func hops(route netlink.Route) []netip.Addr {
	var via []netip.Addr
	for _, h := range gatewaysOf(route) {
		if a := viaOf(h); a.IsValid() {
			via = append(via, a)
		}
	}
	return via
}

// viaOf returns the gateway, of whichever family; invalid if there is none.
func viaOf(h netlink.NexthopInfo) netip.Addr {
	ip := h.Gw
	if v, ok := h.Via.(*netlink.Via); ok {
		ip = v.Addr
	}
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}
