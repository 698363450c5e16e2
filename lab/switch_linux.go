package lab

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// bridge is the switch in the middle of a link.
type bridge struct {
	middle
	index int
}

// switchDev is the bridge's name in its namespace.
const switchDev = "switch0"

// StopSwitch makes the link's switch forward nothing, as a switch that hangs
// or is misconfigured does. Both ends keep their carriers.
func (k *Link) StopSwitch() error {
	b, err := k.hasSwitch()
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
	b, err := k.hasSwitch()
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
	b, err := k.hasSwitch()
	if err != nil {
		return false, err
	}
	dev, err := b.netlink.LinkByIndex(b.index)
	if err != nil {
		return false, fmt.Errorf("read the switch of link %s: %w", k.Name, err)
	}
	return dev.Attrs().RawFlags&unix.IFF_UP != 0, nil
}

func (k *Link) hasSwitch() (*bridge, error) {
	if k.bridge == nil {
		return nil, fmt.Errorf("link %s has no switch", k.Name)
	}
	return k.bridge, nil
}

// addSwitch makes the switch and a cable from each end to it.
func (k *Link) addSwitch(sockets map[int]*nl.SocketHandle, ends [2]vethEnd) error {
	b := &bridge{}
	if err := k.lab.openMiddle(&b.middle, "switch."+k.Name, b.open); err != nil {
		return fmt.Errorf("make switch: %w", err)
	}
	if err := k.lab.cable(sockets, ends, &b.middle); err != nil {
		return err
	}
	for _, port := range b.ports {
		if err := b.connect(port); err != nil {
			return err
		}
	}
	k.bridge = b
	return nil
}

// open makes the bridge. It must not hold back multicast.
func (b *bridge) open() error {
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
