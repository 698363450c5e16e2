package lab

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Procs lists the node's processes that have not ended, in the order of their
// start.
func (n *Node) Procs() []*Proc {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.procs)
}

// Flush brings the node's kernel tables into the state of a fresh boot: the
// routes that routing daemons wrote and the neighbours that the kernel learnt
// are gone, what the topology configures is there.
func (n *Node) Flush() error {
	if err := errors.Join(n.flushRoutes(), n.flushNeighbours()); err != nil {
		return fmt.Errorf("flush node %s: %w", n.Name, err)
	}
	for _, i := range n.interfaces {
		if err := n.configure(i); err != nil {
			return fmt.Errorf("configure %s of node %s: %w", i.Dev, n.Name, err)
		}
	}
	return nil
}

// flushRoutes removes every route that neither the kernel nor the
// configuration made.
func (n *Node) flushRoutes() error {
	routes, err := Dump(func() ([]netlink.Route, error) {
		return n.netlink.RouteListFiltered(netlink.FAMILY_ALL,
			&netlink.Route{Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	for _, r := range routes {
		switch r.Protocol {
		case unix.RTPROT_UNSPEC, unix.RTPROT_REDIRECT, unix.RTPROT_KERNEL, unix.RTPROT_BOOT, unix.RTPROT_STATIC, unix.RTPROT_RA:
			continue
		}
		if err := n.netlink.RouteDel(&r); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("delete route %s: %w", r.Dst, err)
		}
	}
	return nil
}

// flushNeighbours removes all entries, the configured ones too: those are
// made again.
func (n *Node) flushNeighbours() error {
	for _, i := range n.interfaces {
		list, err := Dump(func() ([]netlink.Neigh, error) { return n.netlink.NeighList(i.Index, 0) })
		if err != nil {
			return fmt.Errorf("list neighbours on %s: %w", i.Dev, err)
		}
		for _, neigh := range list {
			if neigh.State == unix.NUD_NOARP {
				continue // multicast and the like, the kernel's own
			}
			if err := n.netlink.NeighDel(&neigh); err != nil && !errors.Is(err, unix.ENOENT) {
				return fmt.Errorf("delete neighbour %s on %s: %w", neigh.IP, i.Dev, err)
			}
		}
	}
	return nil
}
