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

// needsRelay says whether the link shall do what this kernel can't.
func (k *Link) needsRelay(n *Node) (bool, error) {
	if !needsNetem(k.Ends[0].Shape) && !needsNetem(k.Ends[1].Shape) {
		return false, nil
	}
	has, err := n.hasNetem()
	return !has && err == nil, err
}

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

// addRelay makes a namespace for a relay and a cable to it from the first end,
// and returns what takes the place of that end: the relay's other port, which
// is cabled to the second end, or to the switch or hop before it.
func (k *Link) addRelay(sockets map[int]*nl.SocketHandle, ends [2]vethEnd) (vethEnd, error) {
	m := &middle{}
	nothing := func() error { return nil }
	if err := k.lab.openMiddle(m, "relay."+k.Name, nothing); err != nil {
		return vethEnd{}, fmt.Errorf("make relay: %w", err)
	}
	port := k.lab.port(m, 0, ends[0])
	if err := addVeth(sockets, ends[0], port); err != nil {
		return vethEnd{}, err
	}
	k.relay = m
	k.lab.fellBack("delay, jitter and loss of links: a relay in user space instead of netem")
	return k.lab.port(m, 1, k.lab.port(m, 1, ends[1])), nil
}

// startRelay is called once both ends are up, and returns when frames pass and
// carriers are mirrored.
func (k *Link) startRelay() error {
	for _, port := range k.relay.ports {
		if err := k.relay.netlink.LinkSetUp(device(port)); err != nil {
			return fmt.Errorf("set port of relay up: %w", err)
		}
	}
	order := relay.Order{Link: k.Name, Ports: k.relay.ports, Shapes: [2]topologies.Shape{k.Ends[0].Shape, k.Ends[1].Shape}}
	inside := func(f func() error) error { return k.relay.space.Do(func(ns.NetNS) error { return f() }) }
	r, err := relay.Start(inside, order, k.lab.options.Sink)
	if err != nil {
		return fmt.Errorf("start relay: %w", err)
	}
	k.lab.onClose(r.Stop)
	return k.mirrorCarriers()
}
