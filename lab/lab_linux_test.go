package lab_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// Traps that falsify measurements start here: see Link.addVeth.
func TestInterfaceIndexesAreUnique(t *testing.T) {
	l := labtest.OpenTopology(t, star(4), lab.Options{})
	seen := map[int]string{}
	for _, n := range l.Nodes() {
		for _, i := range n.Interfaces() {
			where := n.Name + "/" + i.Dev
			if other, ok := seen[i.Index]; ok {
				t.Errorf("%s and %s both have index %d", where, other, i.Index)
			}
			seen[i.Index] = where
			checkKernelIndex(t, n, i)
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d interfaces, want 10", len(seen))
	}
}

func checkKernelIndex(t *testing.T, n *lab.Node, i lab.Interface) {
	t.Helper()
	err := n.Do(func() error {
		link, err := netlink.LinkByName(i.Dev)
		if err != nil {
			return err
		}
		if link.Attrs().Index != i.Index {
			t.Errorf("%s/%s has index %d, want %d", n.Name, i.Dev, link.Attrs().Index, i.Index)
		}
		if link.Attrs().ParentIndex == link.Attrs().Index {
			t.Errorf("%s/%s has the index of its peer, %d", n.Name, i.Dev, i.Index)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Daemons don't announce the address of an interface without a carrier.
func TestAnycastInterfaceHasCarrier(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	err := node(t, l, "a0").Do(func() error {
		link, err := netlink.LinkByName(topologies.AnycastDev)
		if err == nil && link.Attrs().RawFlags&unix.IFF_LOWER_UP == 0 {
			t.Errorf("%s (%s) has no carrier", topologies.AnycastDev, link.Type())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	t.Log(l.Fallbacks())
}

func TestLookups(t *testing.T) {
	l := labtest.OpenTopology(t, star(2), lab.Options{})
	if k, err := l.Between("a1", "r"); err != nil || k.Name != "r-a1" {
		t.Errorf("Between(a1, r) = %v, %v", k, err)
	}
	if _, err := l.Between("a0", "a1"); err == nil {
		t.Error("a0 and a1 have no link")
	}
	if _, err := l.Node("x"); err == nil {
		t.Error("there is no node x")
	}
	if got := l.Owner(netip.MustParseAddr("10.0.0.3")); got != "a0" {
		t.Errorf("10.0.0.3 is of %q, want a0", got)
	}
	if got := l.Owner(netip.MustParseAddr("192.0.2.53")); got != "" {
		t.Errorf("the anycast address is of %q, want nobody", got)
	}
	if got := l.PeerOf("r", "eth2"); got != "a1" {
		t.Errorf("eth2 of r leads to %q, want a1", got)
	}
}

// echo answers datagrams at addr on the node with the node's name.
func echo(t *testing.T, n *lab.Node, addr netip.Addr) {
	t.Helper()
	var conn net.PacketConn
	err := n.Do(func() (err error) {
		conn, err = net.ListenPacket("udp", netip.AddrPortFrom(addr, 7).String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 64)
		for {
			_, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo([]byte(n.Name), from)
		}
	}()
	t.Cleanup(func() { conn.Close(); <-ended })
}

// ask returns who answers at addr, asking from the node.
func ask(n *lab.Node, addr netip.Addr, timeout time.Duration) (string, error) {
	var conn net.Conn
	err := n.Do(func() (err error) {
		conn, err = net.Dial("udp", netip.AddrPortFrom(addr, 7).String())
		return err
	})
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return "", err
	}
	if _, err := conn.Write([]byte("?")); err != nil {
		return "", err
	}
	buf := make([]byte, 64)
	k, err := conn.Read(buf)
	return string(buf[:k]), err
}

// A client's datagrams reach the anycast address over the router, by routes
// such as a BGP speaker writes, in both families.
func TestAnycastIsReachedByRoutes(t *testing.T) {
	l := labtest.OpenTopology(t, star(2), lab.Options{})
	c, r := node(t, l, "c"), node(t, l, "r")
	routes := openRoutes(t, r)
	for _, p := range l.Topology().Anycast {
		for _, name := range []string{"a0", "a1"} {
			a := node(t, l, name)
			echo(t, a, p.Addr())
			near, far := linkAddrs(a, p)
			writeBack(t, a, p, near)
			if err := routes.Replace(p, []netip.Addr{far}); err != nil {
				t.Fatal(err)
			}
			if got, err := ask(c, p.Addr(), soon); got != name || err != nil {
				t.Errorf("%s is answered by %q, %v; want %s", p.Addr(), got, err, name)
			}
		}
	}
}

// linkAddrs returns, in p's family, the router's address on the node's link
// and the node's own.
func linkAddrs(n *lab.Node, p netip.Prefix) (router, own netip.Addr) {
	i := n.Interfaces()[0]
	if p.Addr().Is4() {
		return i.Peer.IPv4.Addr(), i.IPv4.Addr()
	}
	return i.Peer.IPv6.Addr(), i.IPv6.Addr()
}

// writeBack gives an anycast node the way back to the clients.
func writeBack(t *testing.T, n *lab.Node, p netip.Prefix, via netip.Addr) {
	t.Helper()
	all := netip.MustParsePrefix("10.0.0.0/16")
	if p.Addr().Is6() {
		all = netip.MustParsePrefix("fd00:a11:1ab::/48")
	}
	if err := openRoutes(t, n).Replace(all, []netip.Addr{via}); err != nil {
		t.Fatal(err)
	}
}

func openRoutes(t *testing.T, n *lab.Node) *lab.Routes {
	t.Helper()
	var routes *lab.Routes
	err := n.Do(func() (err error) {
		routes, err = lab.NewRoutes()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := routes.Close(); err != nil {
			t.Error(err)
		}
	})
	return routes
}

func node(t *testing.T, l *lab.Lab, name string) *lab.Node {
	t.Helper()
	n, err := l.Node(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRoutes(t *testing.T) {
	l := labtest.OpenTopology(t, star(3), lab.Options{})
	routes := openRoutes(t, node(t, l, "r"))
	for _, p := range l.Topology().Anycast {
		var via []netip.Addr
		for _, name := range []string{"a0", "a1", "a2"} {
			_, own := linkAddrs(node(t, l, name), p)
			via = append(via, own)
		}
		for _, step := range [][]netip.Addr{via[:1], via, via[1:], via[2:], via[:2], via[1:2]} {
			if err := routes.Replace(p, step); err != nil {
				t.Fatal(err)
			}
			got, err := routes.List()
			want := map[netip.Prefix][]netip.Addr{p: step}
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
				cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); err != nil || diff != "" {
				t.Errorf("routes (-want +got), %v:\n%s", err, diff)
			}
		}
		for range 2 { // the second time there is none
			if err := routes.Delete(p); err != nil {
				t.Error(err)
			}
		}
		if got, err := routes.List(); err != nil || len(got) != 0 {
			t.Errorf("after Delete: %v, %v", got, err)
		}
		if err := routes.Replace(p, nil); err == nil {
			t.Error("a route without next hops was accepted")
		}
	}
}

// A neighbor that announces the network of the link to it doesn't take it over.
func TestRoutesLeaveConnectedNetworks(t *testing.T) {
	l := labtest.OpenTopology(t, star(2), lab.Options{})
	routes := openRoutes(t, node(t, l, "r"))
	for _, p := range l.Topology().Anycast {
		_, via := linkAddrs(node(t, l, "a1"), p)
		for _, link := range l.Topology().LinksOf("r") {
			end := link.Ends[0].IPv4
			if p.Addr().Is6() {
				end = link.Ends[0].IPv6
			}
			if err := routes.Replace(end.Masked(), []netip.Addr{via}); !errors.Is(err, lab.ErrNearer) {
				t.Errorf("%s, which is connected, via %s: %v", end.Masked(), via, err)
			}
		}
		if got, err := routes.List(); err != nil || len(got) != 0 {
			t.Errorf("BGP has the routes %v, %v; want none", got, err)
		}
	}
}

func TestOpenFailsWhole(t *testing.T) {
	twice := star(1)
	twice.Nodes = append(twice.Nodes, twice.Nodes[0])
	nowhere := star(1)
	nowhere.Links[0].Ends[1].Node = "nowhere"
	same := star(1)
	same.Links[1].Ends[0].Dev = same.Links[0].Ends[0].Dev
	for name, topology := range map[string]topologies.Topology{"node twice": twice, "link to nowhere": nowhere, "device twice": same} {
		t.Run(name, func(t *testing.T) {
			labtest.Require(t, "netns")
			l, err := lab.Open(context.Background(), topology, lab.Options{})
			if err == nil {
				t.Error(errors.Join(errors.New("Open accepted it"), l.Close()))
			}
			for _, dir := range []string{"/run/netns", "/run/anylab"} {
				if left, _ := filepath.Glob(dir + "/*"); len(left) > 0 {
					t.Errorf("left: %v", left)
				}
			}
		})
	}
}

func TestOpenCancelled(t *testing.T) {
	labtest.Require(t, "netns")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := lab.Open(ctx, star(1), lab.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestCloseIsIdempotent(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	for range 3 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	n := node(t, l, "r")
	if _, err := n.Start(context.Background(), "late", exec.Command("true")); err == nil {
		t.Error("a closed lab started a process")
	}
}

func qdiscs(t *testing.T, n *lab.Node, i int) []string {
	t.Helper()
	var kinds []string
	err := n.Do(func() error {
		list, err := lab.Dump(func() ([]netlink.Qdisc, error) {
			return netlink.QdiscList(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: n.Interfaces()[i].Index}})
		})
		for _, q := range list {
			kinds = append(kinds, q.Type())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

func TestDumpIsRetried(t *testing.T) {
	for _, interrupted := range []error{netlink.ErrDumpInterrupted, unix.EINTR} {
		tries := 0
		got, err := lab.Dump(func() ([]int, error) {
			if tries++; tries < 3 {
				return []int{1}, interrupted
			}
			return []int{1, 2}, nil
		})
		if err != nil || !cmp.Equal(got, []int{1, 2}) || tries != 3 {
			t.Errorf("%v: got %v, %v after %d tries", interrupted, got, err, tries)
		}
		if _, err := lab.Dump(func() ([]int, error) { return nil, interrupted }); !errors.Is(err, interrupted) {
			t.Errorf("endless interruption: got %v", err)
		}
	}
	tries := 0
	_, err := lab.Dump(func() ([]int, error) { tries++; return nil, os.ErrPermission })
	if !errors.Is(err, os.ErrPermission) || tries != 1 {
		t.Errorf("got %v after %d tries, want a refusal after one", err, tries)
	}
}
