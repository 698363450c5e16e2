package lab

import (
	"errors"
	"fmt"
	"time"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"anylab/lab/relay"
	"anylab/topologies"
)

// needsRelay says whether the link shall do what this kernel can't. A link with
// something else in its middle has no place for a relay.
func (k *Link) needsRelay(n *Node) (bool, error) {
	if k.Parted() || !needsNetem(k.Ends[0].Shape) && !needsNetem(k.Ends[1].Shape) {
		return false, nil
	}
	has, err := n.hasNetem()
	return !has && err == nil, err
}

func needsNetem(s topologies.Shape) bool { return s.Delay > 0 || s.Jitter > 0 || s.Loss > 0 }

// hasNetem tries it on the loopback interface, which is down still.
func (n *Node) hasNetem() (bool, error) {
	q := netem(loopback, topologies.Shape{Delay: time.Millisecond})
	switch err := n.netlink.QdiscAdd(q); {
	case lacksNetem(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("try netem: %w", err)
	}
	return true, n.netlink.QdiscDel(q)
}

func lacksNetem(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP)
}

// addRelay makes a namespace for a relay, and a cable from each end to it.
func (k *Link) addRelay(sockets map[int]*nl.SocketHandle, ends [2]vethEnd) error {
	m := &middle{}
	nothing := func() error { return nil }
	if err := k.lab.openMiddle(m, "relay."+k.Name, nothing); err != nil {
		return fmt.Errorf("make relay: %w", err)
	}
	if err := k.lab.cable(sockets, ends, m); err != nil {
		return err
	}
	for _, port := range m.ports {
		if err := m.netlink.LinkSetUp(device(port)); err != nil {
			return fmt.Errorf("set port up: %w", err)
		}
	}
	k.relay = m
	k.lab.fellBack("delay, jitter and loss of links: a relay in user space instead of netem")
	return nil
}

// startRelay is called once both ends are up, and returns when frames pass and
// carriers are mirrored.
func (k *Link) startRelay() error {
	order := relay.Order{Link: k.Name, Ports: k.relay.ports, Shapes: [2]topologies.Shape{k.Ends[0].Shape, k.Ends[1].Shape}}
	inside := func(f func() error) error { return k.relay.space.Do(func(ns.NetNS) error { return f() }) }
	r, err := relay.Start(inside, order, k.lab.options.Sink)
	if err != nil {
		return fmt.Errorf("start relay: %w", err)
	}
	k.lab.onClose(r.Stop)
	return k.mirrorCarriers()
}
