package observe

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab/labtest"
	"anylab/lab/record"
)

const floating = `
name: floating
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, daemon: keepalived}
  b: {role: anycast, daemon: keepalived}
  c: {role: client}
links:
  - {endpoints: [r, a, b], vrrp: {interval: 1s}, to: {a: {priority: 150}}}
  - endpoints: [r, c]
anycast: 192.0.2.100/32
`

// What keepalived does of a takeover is done here by hand, at known times: the kernel
// tells when a member has the address and no longer has it, and whom the router found
// by ARP, and follows by a gratuitous one.
func TestFloatingAddress(t *testing.T) {
	b := observe(t, labtest.Open(t, floating), Options{})
	before := record.Now()
	b.address("a", (*netlink.Handle).AddrAdd)
	taken, n := wait(b, 0, "a", func(a record.Address) bool { return a.Prefix == site4 && a.Dev == "eth0" && !a.Gone })
	b.ask("r", site4.Addr())
	found, n := wait(b, n, "r", answered(site4, "a"))
	b.address("a", (*netlink.Handle).AddrDel)
	given, n := wait(b, n, "a", func(a record.Address) bool { return a.Gone })
	b.address("b", (*netlink.Handle).AddrAdd)
	over, n := wait(b, n, "b", func(a record.Address) bool { return !a.Gone })
	b.gratuitous("b", site4.Addr())
	followed, _ := wait(b, n, "r", answered(site4, "b"))
	moments := []record.Time{before, taken.At, found.At, given.At, over.At, followed.At, record.Now()}
	if !slices.IsSorted(moments) {
		t.Errorf("what was done one after the other is stamped %v", moments)
	}
	b.stop()
	if all := b.events.Of(record.KindAddress); len(all) != 3 {
		t.Errorf("%d addresses came and went, want 3: %+v", len(all), all)
	}
}

// An address that is there already when the observer starts is recorded.
func TestFloatingAddressAtTheStart(t *testing.T) {
	l := labtest.Open(t, floating)
	first := observe(t, l, Options{})
	first.address("b", (*netlink.Handle).AddrAdd)
	late := first.again(Options{})
	wait(late, 0, "b", func(a record.Address) bool { return !a.Gone })
}

// address changes whether the member has the anycast address.
func (b bench) address(member string, change func(*netlink.Handle, netlink.Link, *netlink.Addr) error) {
	b.t.Helper()
	b.in(member, func(h *netlink.Handle) error {
		dev, err := h.LinkByName("eth0")
		if err != nil {
			return err
		}
		return change(h, dev, &netlink.Addr{IPNet: ipNet(site4)})
	})
}

// ask has a node send a datagram, for which its kernel has to find out who has the address.
func (b bench) ask(node string, a netip.Addr) {
	b.t.Helper()
	err := b.node(node).Do(func() error {
		c, err := net.Dial("udp", netip.AddrPortFrom(a, 9).String())
		if err != nil {
			return err
		}
		defer closing(b.t, c)
		_, err = c.Write([]byte("who?"))
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// gratuitous has a node tell everybody on its segment that it has the address (RFC 5227,
// 3: an ARP Announcement).
func (b bench) gratuitous(node string, a netip.Addr) {
	b.t.Helper()
	err := b.node(node).Do(func() error {
		dev, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		everybody := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
		frame := slices.Concat(everybody, []byte(dev.HardwareAddr), []byte{0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1},
			[]byte(dev.HardwareAddr), a.AsSlice(), make([]byte, 6), a.AsSlice())
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer func() { _ = unix.Close(fd) }()
		return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: dev.Index, Halen: 6})
	})
	if err != nil {
		b.t.Fatal(err)
	}
}
