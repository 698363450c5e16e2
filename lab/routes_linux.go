package lab

import (
	"errors"
	"fmt"
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
	if len(via) == 1 {
		route.Gw = via[0].AsSlice()
	} else {
		for _, a := range via {
			route.MultiPath = append(route.MultiPath, &netlink.NexthopInfo{Gw: a.AsSlice()})
		}
	}
	if err := r.netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("replace route %s via %v: %w", prefix, via, err)
	}
	return nil
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
	if a, ok := netip.AddrFromSlice(route.Gw); ok {
		via = append(via, a.Unmap())
	}
	for _, h := range route.MultiPath {
		if a, ok := netip.AddrFromSlice(h.Gw); ok {
			via = append(via, a.Unmap())
		}
	}
	return via
}
