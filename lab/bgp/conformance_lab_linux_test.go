package bgp_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/bgp"
)

// in is the same network for a subtest.
func (w *network) in(t *testing.T) *network {
	copied := *w
	copied.TB = t
	return &copied
}

func (w *network) announceAll(nodes ...string) {
	w.Helper()
	for _, n := range nodes {
		w.announce(n, anycast4, anycast6)
	}
}

// kernel returns the nodes to which the main table's route for the prefix
// leads, whoever wrote it.
func (w *network) kernel(node string, prefix netip.Prefix) []string {
	w.Helper()
	family := netlink.FAMILY_V4
	if prefix.Addr().Is6() {
		family = netlink.FAMILY_V6
	}
	var to []string
	err := w.node(node).Do(func() error {
		routes, err := lab.Dump(func() ([]netlink.Route, error) {
			return netlink.RouteListFiltered(family, &netlink.Route{Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_TABLE)
		})
		for _, r := range routes {
			if r.Dst == nil || r.Dst.String() != prefix.String() || r.Protocol == unix.RTPROT_KERNEL {
				continue
			}
			to = append(to, w.owners(r)...)
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	slices.Sort(to)
	return to
}

func (w *network) owners(r netlink.Route) []string {
	var to []string
	hops := []*netlink.NexthopInfo{{LinkIndex: r.LinkIndex, Gw: r.Gw}}
	if len(r.MultiPath) > 0 {
		hops = r.MultiPath
	}
	for _, h := range hops {
		if owner := w.lab.Owner(mustAddr(h.Gw)); owner != "" {
			to = append(to, owner)
			continue
		}
		to = append(to, w.behind(h.LinkIndex)) // an IPv6 next hop may be link-local
	}
	return to
}

// behind returns the node at the far end of an interface.
func (w *network) behind(index int) string {
	for _, n := range w.lab.Nodes() {
		for _, i := range n.Interfaces() {
			if i.Index == index {
				return i.Peer.Node
			}
		}
	}
	return ""
}

func (w *network) waitKernel(node string, prefix netip.Prefix, to ...string) {
	w.Helper()
	w.until(fmt.Sprintf("kernel route of %s for %s to %v", node, prefix, to), func(context.Context) (bool, error) {
		now := w.kernel(node, prefix)
		return slices.Equal(now, to), fmt.Errorf("it leads to %v", now)
	})
}

// waitAll waits for both families.
func (w *network) waitAll(node string, to ...string) {
	w.Helper()
	w.waitKernel(node, anycast4, to...)
	w.waitKernel(node, anycast6, to...)
}

// quiet is how long a router's routes stand before a link is broken: as long as
// the gate of a run demands.
const quiet = 500 * time.Millisecond

// settle waits for both families, until they have stood still for a while and
// FRR knows it. A route may be in the kernel before its daemon has read the
// kernel's answer. If the link dies in between, zebra (FRR 8.4.4) takes the
// next hop for installed that went with the link, and all later routes through
// it are rejected.
func (w *network) settle(node string, to ...string) {
	w.Helper()
	w.waitAll(node, to...)
	since := time.Now()
	w.until(fmt.Sprintf("routes of %s that lead to %v for %v", node, to, quiet), func(ctx context.Context) (bool, error) {
		for _, p := range []netip.Prefix{anycast4, anycast6} {
			if now := w.kernel(node, p); !slices.Equal(now, to) {
				since = time.Now()
				return false, fmt.Errorf("%v leads to %v", p, now)
			}
		}
		if time.Since(since) < quiet || w.node(node).Daemon != "frr" {
			return time.Since(since) >= quiet, nil
		}
		return zebraKnows(ctx, w.node(node))
	})
}

// zebraKnows says whether zebra has read that the routes were installed.
func zebraKnows(ctx context.Context, n *lab.Node) (bool, error) {
	for _, of := range []string{"ip route " + anycast4.String(), "ipv6 route " + anycast6.String()} {
		routes, err := bgp.AskZebra(ctx, n, "show "+of+" json")
		if err != nil || !strings.Contains(routes, `"installed":true`) || strings.Contains(routes, `"queued":true`) {
			return false, errors.Join(err, errors.New(routes))
		}
	}
	return true, nil
}

// signalAll sends a signal to every process of a daemon, and their workers.
func (w *network) signalAll(node string, s os.Signal) {
	w.Helper()
	for _, p := range w.daemons[node].Procs() {
		w.signalGroup(p, s)
	}
}

func (w *network) signalGroup(p *lab.Proc, s os.Signal) {
	w.Helper()
	if err := unix.Kill(-p.PID(), s.(unix.Signal)); err != nil {
		w.Fatal(err)
	}
}

// closed closes all daemons: none of their processes may be left, nor any of
// their routes.
func (w *network) closed() {
	w.Helper()
	for name, d := range w.daemons {
		procs := d.Procs()
		if err := d.Close(); err != nil {
			w.Errorf("close the daemon of %s: %v", name, err)
		}
		for _, p := range procs {
			select {
			case <-p.Done():
			default:
				w.Errorf("%s of %s is left", p.Name(), name)
			}
		}
	}
	if left, err := filepath.Glob("/proc/[0-9]*/exe"); err == nil {
		for _, exe := range left {
			if target, err := os.Readlink(exe); err == nil && slices.Contains(daemonPrograms, filepath.Base(target)) {
				w.Errorf("%s is left: %s", target, exe)
			}
		}
	}
	w.waitAll("r")
}

var daemonPrograms = []string{"bird", "bgpd", "zebra", "bfdd", "gobgpd"}
