package lab_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
)

// A flushed node has lost what its daemons and its kernel learnt, and nothing
// of what the topology says.
func TestFlushLeavesWhatIsConfigured(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	for _, name := range []string{"r", "a0", "c"} {
		n := node(t, l, name)
		want := settled(t, l)
		learn(t, n)
		if slices.Equal(settled(t, l), want) {
			t.Fatal("the node has learnt nothing")
		}
		if err := n.Flush(); err != nil {
			t.Fatal(err)
		}
		if got := settled(t, l); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
}

// learn adds routes and a neighbour as daemons and the kernel do.
func learn(t *testing.T, n *lab.Node) {
	t.Helper()
	i := n.Interfaces()[0]
	err := n.Do(func() error {
		for _, protocol := range []netlink.RouteProtocol{unix.RTPROT_BGP, unix.RTPROT_BIRD, unix.RTPROT_ZEBRA} {
			dst := &net.IPNet{IP: net.IPv4(198, 51, byte(protocol), 0), Mask: net.CIDRMask(24, 32)}
			if err := netlink.RouteAdd(&netlink.Route{LinkIndex: i.Index, Dst: dst, Protocol: protocol}); err != nil {
				return err
			}
		}
		return netlink.NeighAdd(&netlink.Neigh{LinkIndex: i.Index, State: unix.NUD_REACHABLE,
			IP: netip.MustParseAddr("198.51.100.1").AsSlice(), HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 1}})
	})
	if err != nil {
		t.Fatal(err)
	}
}
