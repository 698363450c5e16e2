package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// RemoveAnycast takes the anycast addresses from the node. Sockets that are
// bound to them stay, but packets to them no longer arrive. One that is gone
// already is no error.
func (n *Node) RemoveAnycast() error {
	index, err := n.anycastIndex()
	if err != nil {
		return err
	}
	for _, p := range n.lab.topology.Anycast {
		err := n.netlink.AddrDel(device(index), &netlink.Addr{IPNet: ipNet(p)})
		if err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return fmt.Errorf("remove anycast address %s from %s: %w", p, n.Name, err)
		}
	}
	return nil
}

// RestoreAnycast puts the anycast addresses back as they were. It returns
// when all of them take packets. One that is there is no error.
func (n *Node) RestoreAnycast(ctx context.Context) error {
	index, err := n.anycastIndex()
	if err != nil {
		return err
	}
	for _, p := range n.lab.topology.Anycast {
		if err := n.addAddr(index, p); err != nil {
			return fmt.Errorf("restore anycast address %s on %s: %w", p, n.Name, err)
		}
		if err := n.awaitTakes(ctx, p.Addr()); err != nil {
			return fmt.Errorf("restore anycast address %s on %s: %w", p, n.Name, err)
		}
	}
	return nil
}

// HasAnycast says how many of the anycast addresses the node has.
func (n *Node) HasAnycast() (int, error) {
	index, err := n.anycastIndex()
	if err != nil {
		return 0, err
	}
	list, err := Dump(func() ([]netlink.Addr, error) { return n.netlink.AddrList(device(index), netlink.FAMILY_ALL) })
	if err != nil {
		return 0, fmt.Errorf("list addresses of %s: %w", n.Name, err)
	}
	has := 0
	for _, p := range n.lab.topology.Anycast {
		if slices.ContainsFunc(list, func(a netlink.Addr) bool { return prefixOf(a.IPNet) == p }) {
			has++
		}
	}
	return has, nil
}

// AnycastDevice returns the interface that was made for the anycast addresses,
// or "" where there is none: they may be on lo.
func (n *Node) AnycastDevice() string {
	if index, err := n.anycastIndex(); err != nil || index == 1 {
		return ""
	}
	return n.AnycastDev
}

// anycastIndex returns the index of the interface with the anycast addresses:
// n.AnycastDev, or lo where nothing better could be made.
func (n *Node) anycastIndex() (int, error) {
	link, err := n.netlink.LinkByName(n.AnycastDev)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		return 1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find %s of %s: %w", n.AnycastDev, n.Name, err)
	}
	return link.Attrs().Index, nil
}
