package lab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// Compare them side by side: a lab may cost half as much again as its kernel
// objects alone, and Mininet's should cost nine times as much at least.

func BenchmarkOpen100Nodes(b *testing.B) {
	labtest.Require(b, "netns")
	topology := star(98)
	for b.Loop() {
		l, err := lab.Open(context.Background(), topology, lab.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		closing := time.Now()
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(closing).Seconds(), "s-down")
		awaitCalm(b)
		b.StartTimer()
	}
}

// BenchmarkMininet100Nodes has Mininet make a star of as many nodes about a bridge,
// and take it down again.
func BenchmarkMininet100Nodes(b *testing.B) {
	labtest.Require(b, "netns")
	for _, program := range []string{"mn", "brctl", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Skipf("%v (Debian: packages mininet and bridge-utils)", err)
		}
	}
	for b.Loop() {
		out, err := exec.Command("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc",
			"mn", "--topo", "single,99", "--switch", "lxbr", "--controller", "none", "--test", "none").CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("completed in")) {
			b.Fatalf("%v: %s", err, out)
		}
		b.StopTimer()
		awaitCalm(b)
		b.StartTimer()
	}
}

// BenchmarkBare100Nodes makes the namespaces, interfaces, addresses and
// routes of the same lab with as little as the netlink library needs.
func BenchmarkBare100Nodes(b *testing.B) {
	labtest.Require(b, "netns")
	topology := star(98)
	for b.Loop() {
		undo, err := openBare(topology)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		undo()
		awaitCalm(b)
		b.StartTimer()
	}
}

// awaitCalm waits until the kernel has taken apart the namespaces that were
// just deleted: it does so later, by itself, under the lock (rtnl) that
// making new ones needs too. Nothing announces the end, so the lock is tried
// until it is free at once for a while.
func awaitCalm(b *testing.B) {
	lo := &netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}
	for calm := 0; calm < 100; calm++ {
		before := time.Now()
		if err := netlink.LinkSetUp(lo); err != nil {
			b.Fatal(err)
		}
		if time.Since(before) > 2*time.Millisecond {
			calm = 0
		}
		time.Sleep(2 * time.Millisecond)
	}
}

type bare struct {
	space  netns.NsHandle
	handle *netlink.Handle
}

func openBare(t topologies.Topology) (undo func(), err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := netns.Get()
	if err != nil {
		return nil, err
	}
	defer home.Close()
	defer func() { err = errors.Join(err, netns.Set(home)) }()
	nodes := map[string]bare{}
	undo = func() {
		for name, n := range nodes {
			n.handle.Close()
			n.space.Close()
			_ = netns.DeleteNamed(name) // one that stays fails the next NewNamed
		}
	}
	for _, n := range t.Nodes {
		space, err := netns.NewNamed(n.Name)
		if err != nil {
			return undo, err
		}
		handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return undo, err
		}
		nodes[n.Name] = bare{space, handle}
		if err := addBareNode(nodes[n.Name], n, t); err != nil {
			return undo, fmt.Errorf("node %s: %w", n.Name, err)
		}
	}
	for _, k := range t.Links {
		if err := addBareLink(nodes, k); err != nil {
			return undo, fmt.Errorf("link %s: %w", k.Name, err)
		}
	}
	return undo, nil
}

func addBareNode(n bare, t topologies.Node, topology topologies.Topology) error {
	if err := n.handle.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}); err != nil {
		return err
	}
	if t.Role != topologies.Anycast {
		return nil
	}
	link := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "anycast0", TxQLen: -1}}
	if err := n.handle.LinkAdd(link); err != nil {
		return err
	}
	if err := n.handle.LinkSetUp(link); err != nil {
		return err
	}
	for _, p := range topology.Anycast {
		if err := n.handle.AddrAdd(link, &netlink.Addr{IPNet: netlink.NewIPNet(p.Addr().AsSlice())}); err != nil {
			return err
		}
	}
	return nil
}

func addBareLink(nodes map[string]bare, k topologies.Link) error {
	a, b := nodes[k.Ends[0].Node], nodes[k.Ends[1].Node]
	veth := &netlink.Veth{
		LinkAttrs:     netlink.LinkAttrs{Name: k.Ends[0].Dev, TxQLen: -1, Namespace: netlink.NsFd(a.space)},
		PeerName:      k.Ends[1].Dev,
		PeerNamespace: netlink.NsFd(b.space),
	}
	if err := netlink.LinkAdd(veth); err != nil {
		return err
	}
	for e, n := range []bare{a, b} {
		link, err := n.handle.LinkByName(k.Ends[e].Dev)
		if err != nil {
			return err
		}
		if err := n.handle.LinkSetUp(link); err != nil {
			return err
		}
		for _, p := range []string{k.Ends[e].IPv4.String(), k.Ends[e].IPv6.String()} {
			addr, err := netlink.ParseAddr(p)
			if err != nil {
				return err
			}
			if err := n.handle.AddrAdd(link, addr); err != nil {
				return err
			}
		}
	}
	return nil
}
