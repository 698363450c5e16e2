package relay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/lab/relay"
	"anylab/topologies"
)

func TestMain(m *testing.M) {
	labtest.Main(m, map[string]func([]string) int{"relay": relay.Main})
}

// wide bounds every wait: a busy machine must not fail a test.
const wide = 20 * time.Second

// The far ends of two cables whose near ends meet in a third node, as the ends
// of a link that needs a relay do: so the relay is tried whether or not this
// kernel has netem.
const middle = `
name: middle
nodes:
  a: {role: client}
  m: {role: router, asn: 65000}
  b: {role: anycast, asn: 65001}
links:
  - endpoints: [a, m]
  - endpoints: [b, m]
anycast: 198.51.100.1/32
`

var (
	addrA = netip.MustParsePrefix("192.0.2.1/24")
	addrB = netip.MustParsePrefix("192.0.2.2/24")
)

type path struct {
	testing.TB
	a, m, b *lab.Node
	relay   *relay.Relay
	events  labtest.Events
}

// open lays the path. Towards b the shape is there, towards a there is none.
func open(t testing.TB, there, back topologies.Shape) *path {
	t.Helper()
	l := labtest.Open(t, middle)
	p := &path{TB: t}
	p.between(l, "a", "b")
	var err error
	if p.m, err = l.Node("m"); err != nil {
		t.Fatal(err)
	}
	o := relay.Order{Link: "a-b", Shapes: [2]topologies.Shape{there, back}}
	for i, port := range p.m.Interfaces() {
		o.Ports[i] = port.Index
	}
	if p.relay, err = relay.Start(p.m.Do, o, &p.events); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.relay.Stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// between gives the ends of the path, the first interfaces of two nodes, addresses.
func (p *path) between(l *lab.Lab, a, b string) {
	p.Helper()
	for name, n := range map[string]**lab.Node{a: &p.a, b: &p.b} {
		var err error
		if *n, err = l.Node(name); err != nil {
			p.Fatal(err)
		}
	}
	p.address(p.a, addrA)
	p.address(p.b, addrB)
	p.neighbour(p.a, p.b, addrB)
	p.neighbour(p.b, p.a, addrA)
}

func (p *path) inside(n *lab.Node, f func() error) {
	p.Helper()
	if err := n.Do(f); err != nil {
		p.Fatal(err)
	}
}

func (p *path) address(n *lab.Node, a netip.Prefix) {
	p.Helper()
	p.inside(n, func() error {
		dev, err := netlink.LinkByIndex(n.Interfaces()[0].Index)
		if err != nil {
			return err
		}
		return netlink.AddrAdd(dev, &netlink.Addr{IPNet: &net.IPNet{IP: a.Addr().AsSlice(), Mask: net.CIDRMask(a.Bits(), 32)}})
	})
}

// neighbour spares the path the resolution of addresses, which may be lost.
func (p *path) neighbour(n, far *lab.Node, a netip.Prefix) {
	p.Helper()
	var mac net.HardwareAddr
	p.inside(far, func() error {
		dev, err := netlink.LinkByIndex(far.Interfaces()[0].Index)
		if err == nil {
			mac = dev.Attrs().HardwareAddr
		}
		return err
	})
	p.inside(n, func() error {
		return netlink.NeighSet(&netlink.Neigh{LinkIndex: n.Interfaces()[0].Index, State: netlink.NUD_PERMANENT,
			IP: a.Addr().AsSlice(), HardwareAddr: mac})
	})
}

// udp opens a socket at each end, connected to each other.
func (p *path) udp() (a, b *net.UDPConn) {
	p.Helper()
	open := func(n *lab.Node, near, far netip.Prefix) (c *net.UDPConn) {
		p.inside(n, func() (err error) {
			c, err = net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(near.Addr(), 7)),
				net.UDPAddrFromAddrPort(netip.AddrPortFrom(far.Addr(), 7)))
			return err
		})
		p.Cleanup(func() { c.Close() })
		return c
	}
	return open(p.a, addrA, addrB), open(p.b, addrB, addrA)
}

// took is how long a datagram is on its way, at the least of several.
func (p *path) took(from, to *net.UDPConn) time.Duration {
	p.Helper()
	least := wide
	buf := make([]byte, 64)
	for i := range 20 {
		text := fmt.Sprintf("%d of %p", i, from)
		sent := record.Now()
		if _, err := from.Write([]byte(text)); err != nil {
			p.Fatal(err)
		}
		if err := to.SetReadDeadline(time.Now().Add(wide)); err != nil {
			p.Fatal(err)
		}
		n, err := to.Read(buf)
		if err != nil || string(buf[:n]) != text {
			p.Fatalf("read %q (%v), want %q", buf[:n], err, text)
		}
		least = min(least, record.Now().Sub(sent))
	}
	return least
}

func TestDelay(t *testing.T) {
	const there, back = 30 * time.Millisecond, 5 * time.Millisecond
	p := open(t, topologies.Shape{Delay: there}, topologies.Shape{Delay: back})
	a, b := p.udp()
	for _, way := range []struct {
		name     string
		from, to *net.UDPConn
		want     time.Duration
	}{{"there", a, b, there}, {"back", b, a, back}} {
		took := p.took(way.from, way.to)
		t.Logf("%s: %v, want %v", way.name, took, way.want)
		if took < way.want || took > way.want+wide/2 {
			t.Errorf("%s took %v, want %v", way.name, took, way.want)
		}
	}
}

// With jitter frames are delayed for different times, within its bounds.
func TestJitter(t *testing.T) {
	const delay, jitter = 20 * time.Millisecond, 15 * time.Millisecond
	p := open(t, topologies.Shape{Delay: delay, Jitter: jitter}, topologies.Shape{})
	a, b := p.udp()
	least := p.took(a, b)
	for late := time.Now().Add(wide); least >= delay && time.Now().Before(late); { // a busy machine only adds
		least = min(least, p.took(a, b))
	}
	if least < delay-jitter || least >= delay {
		t.Errorf("the least of many delays of 20 ms with a jitter of 15 ms is %v", least)
	}
}

func TestLoss(t *testing.T) {
	const lots, lot = 20, 100 // of which each fits into a receive buffer
	p := open(t, topologies.Shape{Loss: 0.3}, topologies.Shape{})
	a, b := p.udp()
	got := 0
	for range lots {
		for range lot {
			if _, err := a.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		got += received(t, b)
	}
	// Six standard deviations of a binomial distribution: 0.06.
	if share := float64(got) / (lots * lot); share < 0.7-0.06 || share > 0.7+0.06 {
		t.Errorf("%.3f of the frames came through, want 0.7", share)
	}
}

// received counts the datagrams that come before a silence.
func received(t *testing.T, c *net.UDPConn) (n int) {
	t.Helper()
	for buf := make([]byte, 64); ; n++ {
		if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(buf); err != nil {
			return n
		}
	}
}

// Segments that the kernel leaves to a network card survive.
func TestTCP(t *testing.T) {
	p := open(t, topologies.Shape{Delay: time.Millisecond}, topologies.Shape{Delay: time.Millisecond})
	var listener net.Listener
	p.inside(p.b, func() (err error) {
		listener, err = net.Listen("tcp", netip.AddrPortFrom(addrB.Addr(), 7).String())
		return err
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	sent := bytes.Repeat([]byte("anycast "), 1<<17)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return // the other side complains
		}
		defer conn.Close()
		_, _ = conn.Write(sent)
	}()
	var conn net.Conn
	p.inside(p.a, func() (err error) {
		conn, err = net.DialTimeout("tcp", listener.Addr().String(), wide)
		return err
	})
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(wide)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("got %d bytes (%v), want %d", len(got), err, len(sent))
	}
}

// A relay that was stopped while a frame was due says how late it sent it: by
// some 100 ms. A busy machine may stop it too late.
func TestLate(t *testing.T) {
	p := open(t, topologies.Shape{Delay: 50 * time.Millisecond}, topologies.Shape{})
	a, _ := p.udp()
	for end := time.Now().Add(wide); !slices.ContainsFunc(p.events.All(), saysLate); {
		if time.Now().After(end) {
			t.Fatal("no frame is said to be late")
		}
		if _, err := a.Write([]byte("late")); err != nil {
			t.Fatal(err)
		}
		p.signal(unix.SIGSTOP)
		time.Sleep(150 * time.Millisecond) // the length of what is to be noticed
		p.signal(unix.SIGCONT)
		time.Sleep(50 * time.Millisecond) // or it is tried once more
	}
}

func (p *path) signal(s unix.Signal) {
	p.Helper()
	if err := unix.Kill(p.relay.PID(), s); err != nil {
		p.Fatal(err)
	}
}

// saysLate says whether it is told of a frame that left 80 ms late, or later.
func saysLate(e record.Event) bool {
	f := finding(e)
	late := regexp.MustCompile(`of link a-b left (\S+) ms late$`).FindStringSubmatch(f.Detail)
	if f.Name != "late-relay" || late == nil {
		return false
	}
	by, err := time.ParseDuration(late[1] + "ms")
	return err == nil && by > 80*time.Millisecond && e.At.Sub(f.From) > 80*time.Millisecond // what falls into an outage may have made it longer
}

func TestEnded(t *testing.T) {
	p := open(t, topologies.Shape{}, topologies.Shape{})
	p.signal(unix.SIGKILL)
	e := p.events.Wait(t, wide, func(e record.Event) bool { return finding(e).Name == "relay-ended" })
	if detail := finding(e).Detail; !strings.Contains(detail, "a-b") || !strings.Contains(detail, "killed") {
		t.Errorf("the finding says %q", detail)
	}
}

func finding(e record.Event) record.Finding {
	f, _ := e.Data.(record.Finding)
	return f
}

func TestRefused(t *testing.T) {
	l := labtest.Open(t, middle)
	n, err := l.Node("m")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := relay.Start(n.Do, relay.Order{Ports: [2]int{4711, 4712}}, nil); err == nil || !strings.Contains(err.Error(), "no such device") {
		t.Errorf("a relay between ports that are not there: %v", err)
	}
	cmd := exec.CommandContext(context.Background(), "/proc/self/exe", "relay", "nonsense")
	var exit *exec.ExitError
	if out, err := cmd.CombinedOutput(); !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("nonsense as an order: %v, %s", err, out)
	}
}
