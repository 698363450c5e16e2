package observe

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
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

// Of advertisements those are recorded, wherever they are seen, that say something else
// than the one before: who sent it, or of which priority.
func TestAdvertisements(t *testing.T) {
	b := observe(t, labtest.Open(t, floating), Options{})
	ends := map[string]plugged{"a": b.plugged("a"), "b": b.plugged("b")}
	type said struct {
		from     string
		priority uint8
	}
	all := []said{{"a", 150}, {"a", 150}, {"a", 0}, {"b", 100}, {"b", 100}, {"a", 150}}
	before := record.Now()
	if err := onOneCPU(func() error {
		for _, s := range all {
			ends[s.from].send(t, b.advertise(s.from, ends[s.from].dev, s.priority))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, node := range []string{"r", "a", "b"} {
		n := 0
		wait(b, 0, node, func(record.Advertisement) bool { n++; return n == 4 })
	}
	b.stop()
	seen := map[string][]said{}
	for _, e := range b.events.Of(record.KindVRRP) {
		a := e.Data.(record.Advertisement)
		if a.Out != (a.From == e.Node) || a.Segment != "r-a-b" || a.ID != 51 || e.At < before.Add(-slack) || e.At > record.Now().Add(slack) {
			t.Errorf("at %s %+v at %v", e.Node, a, e.At)
		}
		seen[e.Node] = append(seen[e.Node], said{a.From, a.Priority})
	}
	for _, node := range []string{"r", "a", "b"} {
		if want := slices.Compact(slices.Clone(all)); !slices.Equal(seen[node], want) {
			t.Errorf("at %s %v, want %v", node, seen[node], want)
		}
	}
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
	end := b.plugged(node)
	everybody := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	end.send(b.t, slices.Concat(everybody, []byte(end.dev.HardwareAddr), []byte{0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1},
		[]byte(end.dev.HardwareAddr), a.AsSlice(), make([]byte, 6), a.AsSlice()))
}

// plugged is a node's end of its segment.
type plugged struct {
	fd  int
	dev *net.Interface
}

func (b bench) plugged(node string) (end plugged) {
	b.t.Helper()
	err := b.node(node).Do(func() (err error) {
		if end.dev, err = net.InterfaceByName("eth0"); err != nil {
			return err
		}
		end.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = unix.Close(end.fd) })
	return end
}

func (p plugged) send(t *testing.T, frame []byte) {
	t.Helper()
	if err := unix.Sendto(p.fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: p.dev.Index, Halen: 6}); err != nil {
		t.Error(err)
	}
}

// advertise is an advertisement of the node's (RFC 9568 section 5.1).
func (b bench) advertise(node string, dev *net.Interface, priority uint8) []byte {
	b.t.Helper()
	end, _ := b.link("r", node).Of(node)
	eth := &layers.Ethernet{SrcMAC: dev.HardwareAddr, DstMAC: net.HardwareAddr{1, 0, 0x5e, 0, 0, 18}, EthernetType: layers.EthernetTypeIPv4}
	ip := &layers.IPv4{Version: 4, TTL: 255, Protocol: vrrpProtocol, SrcIP: end.IPv4.Addr().AsSlice(), DstIP: net.IPv4(224, 0, 0, 18)}
	message := gopacket.Payload{3<<4 | 1, 51, priority, 1, 0, 100, 0, 0, 192, 0, 2, 100}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, message); err != nil {
		b.t.Fatal(err)
	}
	return buf.Bytes()
}
