package world_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/world"
)

// snapshot is everything that a fault may change, in lines that can be
// compared: what the kernel has in each namespace, what runs, and what the
// speakers and checkers say. Process numbers, counters and the order of routes
// are not in it.
func snapshot(t *testing.T, w *world.World) []string {
	t.Helper()
	var lines []string
	spaces, err := filepath.Glob("/run/netns/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range spaces {
		err := ns.WithNetNSPath(path, func(ns.NetNS) error {
			for _, l := range kernelState(t) {
				lines = append(lines, filepath.Base(path)+": "+l)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	lines = append(lines, processes(w)...)
	lines = append(lines, control(w)...)
	slices.Sort(lines)
	return lines
}

// kernelState lists the tables of the calling thread's namespace.
func kernelState(t *testing.T) []string {
	t.Helper()
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var lines []string
	links, err := lab.Dump(h.LinkList)
	check(t, err)
	for _, l := range links {
		a := l.Attrs()
		up := a.RawFlags & (unix.IFF_UP | unix.IFF_LOWER_UP)
		lines = append(lines, fmt.Sprintf("link %d %s %s mtu %d flags %#x master %d", a.Index, a.Name, a.HardwareAddr, a.MTU, up, a.MasterIndex))
		addrs, err := lab.Dump(func() ([]netlink.Addr, error) { return h.AddrList(l, netlink.FAMILY_ALL) })
		check(t, err)
		for _, addr := range addrs {
			lines = append(lines, fmt.Sprintf("address %s on %s", addr.IPNet, a.Name))
		}
	}
	routes, err := lab.Dump(func() ([]netlink.Route, error) {
		return h.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	})
	check(t, err)
	for _, r := range routes {
		lines = append(lines, routeLine(r))
	}
	neighbours, err := lab.Dump(func() ([]netlink.Neigh, error) { return h.NeighList(0, 0) })
	check(t, err)
	for _, n := range neighbours {
		if n.State == unix.NUD_PERMANENT {
			lines = append(lines, fmt.Sprintf("neighbour %s %s on %d", n.IP, n.HardwareAddr, n.LinkIndex))
		}
	}
	return append(lines, rules(t)...)
}

// routeLine leaves out what the kernel counts up, and sorts next hops.
func routeLine(r netlink.Route) string {
	var hops []string
	for _, h := range r.MultiPath {
		hops = append(hops, fmt.Sprintf("%s on %d", h.Gw, h.LinkIndex))
	}
	slices.Sort(hops)
	return fmt.Sprintf("route %s via %s on %d %v type %d table %d protocol %d metric %d flags %#x",
		r.Dst, r.Gw, r.LinkIndex, hops, r.Type, r.Table, r.Protocol, r.Priority, r.Flags)
}

func rules(t *testing.T) []string {
	t.Helper()
	conn, err := nftables.New()
	check(t, err)
	tables, err := conn.ListTables()
	check(t, err)
	var lines []string
	for _, table := range tables {
		lines = append(lines, "nftables "+table.Name)
	}
	return lines
}

// processes lists every process of the sandbox by name and state. A process
// that is stopped differs from one that is not; nothing else does.
func processes(w *world.World) []string {
	var lines []string
	for _, n := range w.Lab.Nodes() {
		for _, p := range n.Procs() {
			state := "alive"
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
			if err != nil {
				state = "gone"
			} else if end := strings.LastIndexByte(string(stat), ')'); strings.HasPrefix(string(stat[end+1:]), " T") {
				state = "stopped"
			}
			lines = append(lines, fmt.Sprintf("process %s on %s %s", p.Name(), n.Name, state))
		}
	}
	return lines
}

// control lists sessions, announcements and verdicts.
func control(w *world.World) []string {
	var lines []string
	for _, node := range slices.Sorted(maps.Keys(w.Speakers)) {
		d := w.Speakers[node]
		peers, err := d.Peers(context.Background())
		if err != nil {
			lines = append(lines, fmt.Sprintf("speaker on %s: %v", node, err))
		}
		for _, p := range peers {
			lines = append(lines, fmt.Sprintf("session %s to %s: %s, %d routes", node, p.Addr, p.State, p.Received))
		}
		lines = append(lines, fmt.Sprintf("%s announces %v", node, d.Announced()))
		for _, s := range w.Running[node] {
			lines = append(lines, fmt.Sprintf("service %s on %s healthy: %v", s.Name(), node, s.Healthy()))
		}
	}
	return lines
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
