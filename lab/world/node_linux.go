package world

import (
	"context"
	"fmt"
	"maps"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/fault"
)

// node is one of the lab's. HasAnycast and Flush are its own.
type node struct{ *lab.Node }

// Procs implements fault.Node.
func (n node) Procs() []fault.Process { return processes(n.Node.Procs()) }

// SetAnycast implements fault.Node.
func (n node) SetAnycast(ctx context.Context, on bool) error {
	if on {
		return n.RestoreAnycast(ctx)
	}
	return n.RemoveAnycast()
}

// Connections implements fault.Node. They are seen in the kernel, so for any
// daemon alike.
func (n node) Connections(to map[netip.Addr]bool) (map[string]bool, error) {
	found := map[string]bool{}
	err := n.Do(func() error {
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			sockets, err := netlink.SocketDiagTCP(family)
			if err != nil {
				return fmt.Errorf("list connections of %s: %w", n.Name, err)
			}
			maps.Copy(found, sessions(sockets, to))
		}
		return nil
	})
	return found, err
}

// sessions names those of the sockets that are BGP connections with a peer.
func sessions(sockets []*netlink.Socket, peers map[netip.Addr]bool) map[string]bool {
	const bgpPort = 179
	found := map[string]bool{}
	for _, s := range sockets {
		to, _ := netip.AddrFromSlice(s.ID.Destination)
		between := s.ID.SourcePort == bgpPort || s.ID.DestinationPort == bgpPort
		if between && peers[to.Unmap()] && s.State == netlink.TCP_ESTABLISHED {
			found[fmt.Sprintf("%s:%d %s:%d", s.ID.Source, s.ID.SourcePort, to, s.ID.DestinationPort)] = true
		}
	}
	return found
}
