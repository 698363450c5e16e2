package lab

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// groups keeps a resilient next-hop group for each multipath prefix. Every
// neighbor has an object, which groups share; an id keeps its meaning as long
// as anything uses it.
//
// The kernel deletes a neighbor's object by itself when the interface goes
// down or loses its carrier (net/ipv4/nexthop.c, nh_netdev_event), and with
// the last member the group and its routes. So nothing that was made once is
// taken to be there still.
type groups struct {
	topologies.Resilient
	kernel    *nextHops
	neighbors map[netip.Addr]uint32
	of        map[netip.Prefix]uint32
	members   map[netip.Prefix][]netip.Addr
	last      uint32 // the highest id given so far
}

// Resilient makes later multipath routes use resilient groups, and takes over
// those that a former speaker left.
func (r *Routes) Resilient(c topologies.Resilient) error {
	kernel, err := newNextHops()
	if err != nil {
		return err
	}
	g := &groups{
		Resilient: c, kernel: kernel, neighbors: map[netip.Addr]uint32{},
		of: map[netip.Prefix]uint32{}, members: map[netip.Prefix][]netip.Addr{},
	}
	err = kernel.try(reserved)
	if err == nil {
		err = g.adopt()
	}
	if err != nil {
		kernel.close()
		return fmt.Errorf("use next-hop groups: %w", err)
	}
	r.groups = g
	return nil
}

// reserved is an id, with the one after it, that is given to nothing lasting.
const reserved = 1<<31 - 2

// adopt learns what is there.
func (g *groups) adopt() error {
	objects, err := g.kernel.list()
	if err != nil {
		return err
	}
	if g.of, err = g.kernel.routes(); err != nil {
		return err
	}
	via := map[uint32]netip.Addr{}
	for _, o := range objects {
		g.last = max(g.last, o.id)
		if o.bgp && o.via.IsValid() {
			via[o.id], g.neighbors[o.via] = o.via, o.id
		}
	}
	for prefix, group := range g.of {
		for _, o := range objects {
			if o.id != group {
				continue
			}
			for _, m := range o.members {
				g.members[prefix] = append(g.members[prefix], via[m])
			}
		}
	}
	return nil
}

func (g *groups) has(prefix netip.Prefix) bool { return g.of[prefix] != 0 }

// replace sets the prefix's next hops. device finds the interface to one.
func (g *groups) replace(prefix netip.Prefix, via []netip.Addr, device func(netip.Addr) (int, error)) error {
	group := g.of[prefix]
	if group == 0 {
		group = g.id()
		g.of[prefix] = group
	}
	g.members[prefix] = slices.Clone(via)
	if err := g.set(group, via, device); err != nil {
		return fmt.Errorf("set the next-hop group of %s to %v: %w", prefix, via, err)
	}
	if err := g.kernel.route(prefix, group); err != nil {
		return fmt.Errorf("replace route %s over group %d: %w", prefix, group, err)
	}
	return g.tidy()
}

// set gives the group its members. It first assumes that their objects are
// there: losing a member must be fast.
func (g *groups) set(group uint32, via []netip.Addr, device func(netip.Addr) (int, error)) error {
	var ids []uint32
	missing := false
	for _, a := range via {
		if g.neighbors[a] == 0 {
			g.neighbors[a], missing = g.id(), true
		}
		ids = append(ids, g.neighbors[a])
	}
	if !missing {
		err := g.kernel.setGroup(group, ids, g.Resilient)
		if !errors.Is(err, unix.EINVAL) { // what the kernel says of an unknown member
			return err
		}
	}
	for i, a := range via {
		dev, err := device(a)
		if err == nil {
			err = g.kernel.addNeighbor(ids[i], dev, a)
		}
		if err != nil {
			return fmt.Errorf("make next hop %s: %w", a, err)
		}
	}
	return g.kernel.setGroup(group, ids, g.Resilient)
}

// drop removes the group of a prefix whose route has gone.
func (g *groups) drop(prefix netip.Prefix) error {
	group := g.of[prefix]
	if group == 0 {
		return nil
	}
	delete(g.of, prefix)
	delete(g.members, prefix)
	if err := g.kernel.remove(group); err != nil {
		return fmt.Errorf("remove the next-hop group of %s: %w", prefix, err)
	}
	return g.tidy()
}

// tidy removes the objects of neighbors that no group leads to any more.
func (g *groups) tidy() error {
	used := slices.Concat(slices.Collect(maps.Values(g.members))...)
	for a, id := range g.neighbors {
		if slices.Contains(used, a) {
			continue
		}
		delete(g.neighbors, a)
		if err := g.kernel.remove(id); err != nil {
			return fmt.Errorf("remove next hop %s: %w", a, err)
		}
	}
	return nil
}

func (g *groups) id() uint32 {
	g.last++
	return g.last
}

// device returns the index of the interface that leads to a neighbor.
func (r *Routes) device(via netip.Addr) (int, error) {
	if via.Zone() != "" {
		dev, err := net.InterfaceByName(via.Zone())
		if err != nil {
			return 0, fmt.Errorf("find the interface of %s: %w", via, err)
		}
		return dev.Index, nil
	}
	routes, err := r.netlink.RouteGet(via.AsSlice())
	if err != nil {
		return 0, fmt.Errorf("look %s up: %w", via, err)
	}
	if len(routes) == 0 || routes[0].Gw != nil {
		return 0, fmt.Errorf("%s is no neighbor", via)
	}
	return routes[0].LinkIndex, nil
}
