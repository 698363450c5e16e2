package lab

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// AnycastDev is the interface that carries the anycast addresses of a node.
const AnycastDev = "anycast0"

// addAnycast puts the addresses on a dummy interface, or on what stands in
// for it: daemons take all of them for connected routes.
func (n *Node) addAnycast(prefixes []netip.Prefix) error {
	index, err := n.openAnycast()
	if err != nil {
		return err
	}
	for _, p := range prefixes {
		if err := n.addAddr(index, p); err != nil {
			return fmt.Errorf("add anycast address %s: %w", p, err)
		}
	}
	return nil
}

// openAnycast returns the index of the interface. A bridge without ports is
// the nearest to a dummy; its hardware address is left to the kernel, for a
// bridge that is given one loses its carrier, and daemons don't announce what
// has none. lo is always there, but can't be set down without harm.
func (n *Node) openAnycast() (int, error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = AnycastDev
	attrs.Index = firstIndex + 2*len(n.lab.topology.Links) + len(n.lab.anycast)
	err := n.netlink.LinkAdd(&netlink.Dummy{LinkAttrs: attrs})
	if errors.Is(err, unix.EOPNOTSUPP) {
		n.lab.fellBack(AnycastDev + ": bridge instead of dummy")
		err = n.netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs})
	}
	if errors.Is(err, unix.EOPNOTSUPP) {
		n.lab.fellBack(AnycastDev + ": lo instead of dummy")
		return 1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("make %s: %w", AnycastDev, err)
	}
	n.lab.anycast = append(n.lab.anycast, n.Name)
	return attrs.Index, n.setUp(attrs.Index)
}
