package lab

import (
	"fmt"
	"path/filepath"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// middle is a namespace in the middle of a link, with a port for each end.
type middle struct {
	space   ns.NetNS
	netlink *netlink.Handle
	ports   [2]int
}

// openMiddle makes the namespace and furnishes it from inside. Its name has a
// dot, which no node's has. It and its ports have no addresses, and must not
// say anything of their own: no IPv6.
func (l *Lab) openMiddle(m *middle, name string, furnish func() error) error {
	return onThread(func() error {
		handle, err := netns.NewNamed(name)
		if err != nil {
			return fmt.Errorf("make network namespace: %w", err)
		}
		if err := handle.Close(); err != nil {
			return err
		}
		if m.space, err = ns.GetNS(filepath.Join("/run/netns", name)); err != nil {
			return err
		}
		l.onClose(m.space.Close)
		if m.netlink, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
			return fmt.Errorf("open netlink: %w", err)
		}
		l.onClose(func() error { m.netlink.Close(); return nil })
		err = writeAll([]sysctl{
			{"ipv6/conf/all/disable_ipv6", "1"},
			{"ipv6/conf/default/disable_ipv6", "1"},
		})
		if err != nil {
			return err
		}
		return furnish()
	})
}

// cable lays a cable from each end to its port.
func (l *Lab) cable(sockets map[int]*nl.SocketHandle, ends [2]vethEnd, m *middle) error {
	for e, end := range ends {
		if err := addVeth(sockets, end, l.port(m, e, end)); err != nil {
			return err
		}
	}
	return nil
}

// port gives a port an index that differs from that of the end it is cabled
// to, for addVeth's reason, and from all others of the lab.
func (l *Lab) port(m *middle, e int, end vethEnd) vethEnd {
	m.ports[e] = end.index + 2*len(l.topology.Links) + len(l.topology.Nodes)
	return vethEnd{m.space, fmt.Sprintf("port%d", m.ports[e]), m.ports[e]}
}
