package lab

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// bridge is the switch in the middle of a link: a namespace of its own with a
// bridge and a port for each end.
type bridge struct {
	space   ns.NetNS
	netlink *netlink.Handle
	index   int
	ports   [2]int
}

// switchDev is the bridge's name in its namespace.
const switchDev = "switch0"

// StopSwitch makes the link's switch forward nothing, as a switch that hangs
// or is misconfigured does. Both ends keep their carriers.
func (k *Link) StopSwitch() error {
	b, err := k.middle()
	if err == nil {
		// A bridge that is down disables its ports (net/bridge/br_stp_if.c,
		// br_stp_disable_bridge), but the ports themselves stay up.
		err = b.netlink.LinkSetDown(device(b.index))
	}
	if err != nil {
		return fmt.Errorf("stop the switch of link %s: %w", k.Name, err)
	}
	return nil
}

// StartSwitch makes the switch forward again, at once: it runs no spanning
// tree protocol that would listen and learn first.
func (k *Link) StartSwitch() error {
	b, err := k.middle()
	if err == nil {
		err = b.netlink.LinkSetUp(device(b.index))
	}
	if err != nil {
		return fmt.Errorf("start the switch of link %s: %w", k.Name, err)
	}
	return nil
}

// SwitchForwards reports whether the link's switch is in operation.
func (k *Link) SwitchForwards() (bool, error) {
	b, err := k.middle()
	if err != nil {
		return false, err
	}
	dev, err := b.netlink.LinkByIndex(b.index)
	if err != nil {
		return false, fmt.Errorf("read the switch of link %s: %w", k.Name, err)
	}
	return dev.Attrs().RawFlags&unix.IFF_UP != 0, nil
}

// OppositeCarrier reports whether there is a carrier where the cable from
// node's end leads to: at the far end, or at the switch's port.
func (k *Link) OppositeCarrier(node string) (bool, error) {
	_, near, err := k.end(node)
	if err != nil {
		return false, err
	}
	if !k.Switch {
		return k.Carrier(near.Peer.Node)
	}
	b, err := k.middle()
	if err != nil {
		return false, err
	}
	port := b.ports[0]
	if near.Index == k.index[1] {
		port = b.ports[1]
	}
	dev, err := b.netlink.LinkByIndex(port)
	if err != nil {
		return false, fmt.Errorf("read carrier of link %s at its switch: %w", k.Name, err)
	}
	return dev.Attrs().RawFlags&unix.IFF_LOWER_UP != 0, nil
}

func (k *Link) middle() (*bridge, error) {
	if k.bridge == nil {
		return nil, fmt.Errorf("link %s has no switch", k.Name)
	}
	return k.bridge, nil
}

// addSwitch makes the switch and a cable from each end to it.
func (k *Link) addSwitch(sockets map[int]*nl.SocketHandle, ends [2]vethEnd) error {
	b := &bridge{}
	for e, end := range ends {
		b.ports[e] = k.lab.portIndex(end.index)
	}
	if err := onThread(func() error { return k.lab.openSwitch(b, k.Name) }); err != nil {
		return fmt.Errorf("make switch: %w", err)
	}
	for e, end := range ends {
		port := vethEnd{b.space, fmt.Sprintf("port%d", e), b.ports[e]}
		if err := addVeth(sockets, end, port); err != nil {
			return err
		}
		err := b.netlink.LinkSetMasterByIndex(device(port.index), b.index)
		if err := errors.Join(err, b.netlink.LinkSetUp(device(port.index))); err != nil {
			return fmt.Errorf("connect %s to switch: %w", port.dev, err)
		}
	}
	k.bridge = b
	return nil
}

// openSwitch leaves the calling thread in the new namespace. Its name has a
// dot, which no node's has.
func (l *Lab) openSwitch(b *bridge, link string) error {
	name := "switch." + link
	handle, err := netns.NewNamed(name)
	if err != nil {
		return fmt.Errorf("make network namespace: %w", err)
	}
	l.onClose(func() error { return netns.DeleteNamed(name) })
	if err := handle.Close(); err != nil {
		return err
	}
	if b.space, err = ns.GetNS(filepath.Join("/run/netns", name)); err != nil {
		return err
	}
	l.onClose(b.space.Close)
	if b.netlink, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	l.onClose(func() error { b.netlink.Close(); return nil })
	return b.open()
}

// open makes the bridge. It and its ports have no addresses, and must not say
// anything of their own: no IPv6, and no snooping that holds back multicast.
func (b *bridge) open() error {
	err := writeAll([]sysctl{
		{"ipv6/conf/all/disable_ipv6", "1"},
		{"ipv6/conf/default/disable_ipv6", "1"},
	})
	if err != nil {
		return err
	}
	snooping := false
	attrs := netlink.NewLinkAttrs()
	attrs.Name = switchDev
	dev := &netlink.Bridge{LinkAttrs: attrs, MulticastSnooping: &snooping}
	if err := b.netlink.LinkAdd(dev); err != nil {
		return withoutBridge(fmt.Errorf("add bridge: %w", err))
	}
	made, err := b.netlink.LinkByName(switchDev)
	if err != nil {
		return fmt.Errorf("find bridge: %w", err)
	}
	b.index = made.Attrs().Index
	return b.netlink.LinkSetUp(made)
}

func withoutBridge(err error) error {
	if errors.Is(err, unix.EOPNOTSUPP) {
		return Unavailable{"this kernel lacks bridges, which links with a switch need", "sudo modprobe bridge"}
	}
	return err
}

// portIndex gives the switch's port an index that differs from that of the end
// it is cabled to, for addVeth's reason, and from all others of the lab.
func (l *Lab) portIndex(end int) int {
	return end + 2*len(l.topology.Links) + len(l.topology.Nodes)
}
