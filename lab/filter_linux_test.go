package lab_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
)

// pipe is a UDP socket at each end of a link. Datagrams bear the number of the
// batch that they were sent in.
type pipe struct {
	from, to *net.UDPConn
	batch    int
}

// openPipe listens on a port at to and connects a socket at from with it.
func openPipe(t *testing.T, l *lab.Lab, from, to string, dst netip.AddrPort) *pipe {
	t.Helper()
	p := &pipe{}
	at := func(name string, f func() error) {
		if err := node(t, l, name).Do(f); err != nil {
			t.Fatal(err)
		}
	}
	at(to, func() (err error) {
		p.to, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(dst))
		return err
	})
	at(from, func() (err error) {
		p.from, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(dst))
		return err
	})
	t.Cleanup(func() { p.from.Close(); p.to.Close() })
	p.open(t)
	return p
}

// silence is how long it takes to believe that nothing more will come. A
// datagram at the end, on a way that always passes, would not tell: there is no
// order across sockets.
const silence = 100 * time.Millisecond

// pass sends n datagrams and returns how many arrived. It waits for as many as
// are wanted, however busy the machine, and for the others only until there is
// silence.
func (p *pipe) pass(t *testing.T, n, want int) int {
	t.Helper()
	p.batch++
	for range n {
		p.send()
	}
	got := 0
	for patience := soon; got < n; got++ {
		if got >= want {
			patience = silence
		}
		if !p.arrives(t, patience) {
			break
		}
	}
	return got
}

// open sends until one datagram has arrived: a device begins to send a moment
// after its carrier came.
func (p *pipe) open(t *testing.T) {
	t.Helper()
	p.batch++
	for deadline := time.Now().Add(soon); ; {
		p.send()
		if p.arrives(t, 20*time.Millisecond) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no datagram arrives at %s", p.to.LocalAddr())
		}
	}
}

func (p *pipe) send() {
	_, _ = fmt.Fprint(p.from, p.batch) // an egress hook may tell the sender (EPERM)
}

// arrives waits for a datagram of the latest batch.
func (p *pipe) arrives(t *testing.T, patience time.Duration) bool {
	t.Helper()
	if err := p.to.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for buf := make([]byte, 16); ; {
		n, err := p.to.Read(buf)
		if err != nil {
			return false
		}
		if string(buf[:n]) == strconv.Itoa(p.batch) {
			return true
		}
	}
}

func mustDrop(t *testing.T, k *lab.Link, from string, f lab.Filter) *lab.Drop {
	t.Helper()
	d, err := k.Drop(from, f)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// discards says whether n packets were discarded, which it waits for.
func discards(t *testing.T, d *lab.Drop, n uint64, patience time.Duration) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		got, err := d.Packets()
		if err != nil {
			t.Fatal(err)
		}
		if got >= n || time.Now().After(deadline) {
			return got >= n
		}
	}
}

func TestDropIsOneWayCountedAndRemoved(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	k := link(t, l, "r-a0")
	for _, v6 := range []bool{false, true} {
		near, far := k.Ends[0].IPv4, k.Ends[1].IPv4
		if v6 {
			near, far = k.Ends[0].IPv6, k.Ends[1].IPv6
		}
		up := openPipe(t, l, "a0", "r", netip.AddrPortFrom(near.Addr(), 9000))
		down := openPipe(t, l, "r", "a0", netip.AddrPortFrom(far.Addr(), 9000))
		for _, from := range []string{"r", "a0"} {
			d := mustDrop(t, k, from, lab.Filter{})
			if ok, err := d.InEffect(); !ok || err != nil {
				t.Errorf("from %s: in effect %v, %v", from, ok, err)
			}
			want := map[bool]int{true: 0, false: 5}
			if got := up.pass(t, 5, want[from == "a0"]); got != want[from == "a0"] {
				t.Errorf("dropping from %s: %d of 5 passed from a0", from, got)
			}
			if got := down.pass(t, 5, want[from == "r"]); got != want[from == "r"] {
				t.Errorf("dropping from %s: %d of 5 passed from r", from, got)
			}
			if !discards(t, d, 5, soon) {
				t.Errorf("from %s: fewer than 5 packets counted", from)
			}
			for range 2 {
				if err := d.Remove(); err != nil {
					t.Error(err)
				}
			}
			if ok, err := d.InEffect(); ok || err != nil {
				t.Errorf("from %s, removed: in effect %v, %v", from, ok, err)
			}
			if a, b := up.pass(t, 5, 5), down.pass(t, 5, 5); a != 5 || b != 5 {
				t.Errorf("from %s, removed: %d and %d of 5 passed", from, a, b)
			}
		}
	}
}

func TestDropOnly(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	k := link(t, l, "r-a0")
	r := k.Ends[0].IPv4.Addr()
	bfd := openPipe(t, l, "a0", "r", netip.AddrPortFrom(r, 3784))
	echo := openPipe(t, l, "a0", "r", netip.AddrPortFrom(r, 3785))
	multihop := openPipe(t, l, "a0", "r", netip.AddrPortFrom(r, 4784))
	dns := openPipe(t, l, "a0", "r", netip.AddrPortFrom(r, 53))
	for _, test := range []struct {
		only           lab.Traffic
		bfd, data, bgp bool // what passes
	}{
		{lab.TrafficAll, false, false, false},
		{lab.TrafficBFD, false, true, true},
		{lab.TrafficData, true, false, true},
		{lab.TrafficBGP, true, true, false},
	} {
		d := mustDrop(t, k, "a0", lab.Filter{Only: test.only})
		want := map[bool]int{true: 3, false: 0}
		if got := bfd.pass(t, 3, want[test.bfd]); got != want[test.bfd] {
			t.Errorf("%s: %d of 3 BFD packets passed", test.only, got)
		}
		if got := echo.pass(t, 3, want[test.bfd]); got != want[test.bfd] {
			t.Errorf("%s: %d of 3 BFD echo packets passed", test.only, got)
		}
		if got := multihop.pass(t, 3, want[test.bfd]); got != want[test.bfd] {
			t.Errorf("%s: %d of 3 BFD packets of several hops passed", test.only, got)
		}
		if got := dns.pass(t, 3, want[test.data]); got != want[test.data] {
			t.Errorf("%s: %d of 3 other packets passed", test.only, got)
		}
		if got := refused(t, l, "a0", netip.AddrPortFrom(r, 179), test.bgp); got != test.bgp {
			t.Errorf("%s: an answer from BGP's port: %v", test.only, got)
		}
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
	}
}

// refused tells whether a connection is refused: nobody listens there, so
// an answer came back. Otherwise it hangs. Where it shall be, it is waited for.
func refused(t *testing.T, l *lab.Lab, from string, to netip.AddrPort, shall bool) bool {
	t.Helper()
	var fd int
	err := node(t, l, from).Do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	if !errors.Is(err, unix.EINPROGRESS) && !errors.Is(err, unix.ECONNREFUSED) {
		t.Fatalf("connect: %v", err)
	}
	patience := map[bool]time.Duration{true: soon, false: 2 * silence}[shall]
	for deadline := time.Now().Add(patience); ; {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		n, err := unix.Poll(p, max(0, int(time.Until(deadline).Milliseconds())))
		if !errors.Is(err, unix.EINTR) {
			return n == 1
		}
	}
}

func TestDropSeesAddressResolution(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	k := link(t, l, "r-a0")
	for _, test := range []struct {
		only lab.Traffic
		want bool
	}{{lab.TrafficAll, true}, {lab.TrafficData, false}} {
		d := mustDrop(t, k, "a0", lab.Filter{Only: test.only})
		const many = 50 // the kernel sends a few packets of its own
		for range many {
			sendARP(t, l)
		}
		patience := map[bool]time.Duration{true: soon, false: silence}[test.want]
		if got := discards(t, d, many, patience); got != test.want {
			t.Errorf("%s: ARP discarded: %v, want %v", test.only, got, test.want)
		}
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
	}
}

// sendARP sends an ARP packet, whose contents don't matter, from a0 to r.
func sendARP(t *testing.T, l *lab.Lab) {
	t.Helper()
	a := node(t, l, "a0")
	arp := unix.SockaddrLinklayer{Protocol: 0x0608, Ifindex: a.Interfaces()[0].Index, Halen: 6,
		Addr: [8]byte{255, 255, 255, 255, 255, 255}}
	err := a.Do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.Sendto(fd, make([]byte, 28), 0, &arp)
	})
	if err != nil && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.ENOBUFS) {
		t.Fatal(err)
	}
}

func TestDropByChance(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	k := link(t, l, "r-a0")
	p := openPipe(t, l, "r", "a0", netip.AddrPortFrom(k.Ends[1].IPv4.Addr(), 9000))
	d := mustDrop(t, k, "r", lab.Filter{Loss: 0.3})
	const n = 200 // which a receive buffer holds
	// 60 expected, standard deviation 6.5: the bounds are 6 away.
	if lost := n - p.pass(t, n, n-99); lost < 21 || lost > 99 {
		t.Errorf("%d of %d were lost", lost, n)
	}
	if err := d.Remove(); err != nil {
		t.Error(err)
	}
}

// A node that is cut off hears and says nothing on any link, and several
// drops on the same interfaces go independently.
func TestDropAllOfANode(t *testing.T) {
	l := labtest.OpenTopology(t, star(2), lab.Options{})
	up := openPipe(t, l, "a0", "r", netip.AddrPortFrom(link(t, l, "r-a0").Ends[0].IPv4.Addr(), 9000))
	down := openPipe(t, l, "r", "a1", netip.AddrPortFrom(link(t, l, "r-a1").Ends[1].IPv4.Addr(), 9000))
	first, err := node(t, l, "r").Drop(lab.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := node(t, l, "r").Drop(lab.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 0, 5} {
		if a, b := up.pass(t, 5, want), down.pass(t, 5, want); a != want || b != want {
			t.Errorf("after %d removals: %d and %d of 5 passed, want %d", i, a, b, want)
		}
		if err := []*lab.Drop{first, second, second}[i].Remove(); err != nil {
			t.Error(err)
		}
	}
}

func TestDropRefuses(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	k := link(t, l, "r-a0")
	if _, err := k.Drop("c", lab.Filter{}); err == nil {
		t.Error("from a node that is no end of the link: no error")
	}
	if _, err := k.Drop("r", lab.Filter{Loss: 1.5}); err == nil {
		t.Error("a loss of 150 %: no error")
	}
	if _, err := k.Drop("r", lab.Filter{Only: "ospf"}); err == nil {
		t.Error("an unknown class: no error")
	}
}

func BenchmarkDrop(b *testing.B) {
	l := labtest.OpenTopology(b, star(1), lab.Options{})
	k, err := l.Link("r-a0")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		d, err := k.Drop("r", lab.Filter{})
		if err != nil {
			b.Fatal(err)
		}
		if err := d.Remove(); err != nil {
			b.Fatal(err)
		}
	}
}
