package lab

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// anycastKinds are the kinds of interface that serve, the best first. Asking
// for one that is missing is slow: the kernel tries to load its module.
var anycastKinds = []string{"dummy", "bridge"}

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
	if n.AnycastDev == "lo" {
		return loopback, nil
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name = n.AnycastDev
	attrs.Index = n.lab.nextIndex
	n.lab.nextIndex++
	for ; n.lab.anycast < len(anycastKinds); n.lab.anycast++ { // what one node lacked, the next lacks too
		kind := anycastKinds[n.lab.anycast]
		err := n.netlink.LinkAdd(&netlink.GenericLink{LinkAttrs: attrs, LinkType: kind})
		if errors.Is(err, unix.EOPNOTSUPP) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("make %s as %s: %w", n.AnycastDev, kind, err)
		}
		if kind != anycastKinds[0] {
			n.lab.fellBack(topologies.AnycastDev + ": " + kind + " instead of " + anycastKinds[0])
		}
		return attrs.Index, n.setUp(attrs.Index)
	}
	n.lab.fellBack(topologies.AnycastDev + ": lo instead of " + anycastKinds[0])
	return 1, nil
}
