package lab_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
)

// A hop counts the TTL down, so that what may not be forwarded, such as the
// packets of an external session between neighbours, does not pass it. It takes
// whatever comes in at one side to the other.
func TestHop(t *testing.T) {
	s := star(1)
	s.Links[1].Hop = true
	l := labtest.OpenTopology(t, s, lab.Options{})
	k := link(t, l, "r-a0")
	direct := netip.AddrPortFrom(k.Ends[1].IPv4.Addr(), 9000)
	for _, at := range []netip.AddrPort{direct, netip.AddrPortFrom(k.Ends[1].IPv6.Addr(), 9000)} {
		for ttl, want := range map[int]bool{1: false, 2: true} {
			if got := passes(t, l, "r", "a0", at, ttl, want); got != want {
				t.Errorf("a packet from r to %s of a0 with a TTL of %d arrives: %v, want %v", at, ttl, got, want)
			}
		}
	}
	anycast := s.Anycast[0]
	err := node(t, l, "r").Do(func() error {
		return netlink.RouteAdd(&netlink.Route{Dst: &net.IPNet{IP: anycast.Addr().AsSlice(), Mask: net.CIDRMask(32, 32)}, Gw: direct.Addr().AsSlice()})
	})
	if err != nil {
		t.Fatal(err)
	}
	for ttl, want := range map[int]bool{2: false, 3: true} { // r and the hop
		if got := passes(t, l, "c", "a0", netip.AddrPortFrom(anycast.Addr(), 9001), ttl, want); got != want {
			t.Errorf("a packet from c to the anycast address with a TTL of %d arrives: %v, want %v", ttl, got, want)
		}
	}
}

// Neither end sees the other's carrier, and traffic passes again afterwards.
func TestAHopPartsCarriers(t *testing.T) {
	s := star(1)
	s.Links[1].Hop = true
	l := labtest.OpenTopology(t, s, lab.Options{})
	k := link(t, l, "r-a0")
	for _, end := range k.Ends {
		if err := k.SetDown(end.Node); err != nil {
			t.Fatal(err)
		}
		if up, err := k.OppositeCarrier(end.Node); up || err != nil {
			t.Errorf("carrier of the hop's port to %s: %v, %v", end.Node, up, err)
		}
		far := k.Ends[0].Node
		if far == end.Node {
			far = k.Ends[1].Node
		}
		if up, err := k.Carrier(far); !up || err != nil {
			t.Errorf("carrier of %s: %v, %v", far, up, err)
		}
		if err := k.SetUp(end.Node); err != nil {
			t.Fatal(err)
		}
		if !passes(t, l, "r", "a0", netip.AddrPortFrom(k.Ends[1].IPv4.Addr(), 9000), 2, true) ||
			!passes(t, l, "a0", "r", netip.AddrPortFrom(k.Ends[0].IPv4.Addr(), 9000), 2, true) ||
			!passes(t, l, "r", "a0", netip.AddrPortFrom(k.Ends[1].IPv6.Addr(), 9000), 2, true) {
			t.Errorf("nothing passes after %s was down", end.Node)
		}
	}
}

// passes says whether one of many datagrams with the TTL arrives. Where it
// shall, it is waited for: a device begins to send a moment after its carrier
// came back.
func passes(t *testing.T, l *lab.Lab, from, to string, at netip.AddrPort, ttl int, shall bool) bool {
	t.Helper()
	var sender, receiver *net.UDPConn
	err := node(t, l, to).Do(func() (err error) {
		receiver, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	err = node(t, l, from).Do(func() (err error) {
		sender, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	raw, err := sender.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	level, option := unix.IPPROTO_IP, unix.IP_TTL
	if at.Addr().Is6() {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS
	}
	err = raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), level, option, ttl) })
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	patience := 300 * time.Millisecond
	if shall {
		patience = soon
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		_, _ = sender.Write([]byte("hop")) // an ICMP error of the one before may be reported here
		if err := receiver.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := receiver.Read(make([]byte, 8)); err == nil {
			return true
		}
	}
	return false
}
