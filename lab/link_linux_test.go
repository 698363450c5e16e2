package lab_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
)

// The far end's carrier event must come at once: with equal interface indexes
// the kernel may hold it back for a second, or for ever.
func TestCarrierIsReportedAtOnce(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	k, r := link(t, l, "r-a0"), node(t, l, "r")
	updates, done := make(chan netlink.LinkUpdate, 64), make(chan struct{})
	if err := r.Do(func() error { return netlink.LinkSubscribe(updates, done) }); err != nil {
		t.Fatal(err)
	}
	defer func() {
		close(done)
		for range updates { // until the subscription has ended
		}
	}()
	for range 10 {
		for _, up := range []bool{false, true} {
			set := map[bool]func(string) error{false: k.SetDown, true: k.SetUp}[up]
			if err := set("a0"); err != nil {
				t.Fatal(err)
			}
			awaitCarrier(t, updates, "eth1", up)
			if got, err := k.Carrier("r"); got != up || err != nil {
				t.Errorf("carrier %v, %v; want %v", got, err, up)
			}
		}
	}
}

func awaitCarrier(t *testing.T, updates <-chan netlink.LinkUpdate, dev string, up bool) {
	t.Helper()
	late := time.After(soon)
	for {
		select {
		case u := <-updates:
			if u.Attrs().Name == dev && (u.Flags&unix.IFF_LOWER_UP != 0) == up {
				return
			}
		case <-late:
			t.Fatalf("no event: carrier of %s is %v", dev, up)
		}
	}
}

func link(t *testing.T, l *lab.Lab, name string) *lab.Link {
	t.Helper()
	k, err := l.Link(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// What the kernel flushes when an end goes down is there again afterwards, at
// both ends, for a client as for the others.
func TestSetUpRestoresEverything(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	for _, name := range []string{"r-c", "r-a0"} {
		k := link(t, l, name)
		for _, end := range k.Ends {
			t.Run(name+" at "+end.Node, func(t *testing.T) {
				want := settled(t, l)
				if err := k.SetDown(end.Node); err != nil {
					t.Fatal(err)
				}
				if cmp.Equal(want, configuration(t, l)) {
					t.Error("SetDown changed nothing")
				}
				if err := k.SetUp(end.Node); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, settled(t, l)); diff != "" {
					t.Errorf("after SetUp (-before +after):\n%s", diff)
				}
			})
		}
	}
	if err := link(t, l, "r-c").SetDown("a0"); err == nil {
		t.Error("set the end of a link down where it has none")
	}
}

// settled is the configuration once the kernel has completed the states, IPv6
// addresses and routes of all interfaces, which it does a little later.
func settled(t *testing.T, l *lab.Lab) []string {
	t.Helper()
	for deadline := time.Now().Add(soon); ; time.Sleep(5 * time.Millisecond) {
		got := configuration(t, l)
		// All devices but lo have a link-local address, and each IPv6 address
		// has a local route once it isn't tentative any more.
		if count(got, "link-local ") == count(got, "device ")-len(l.Nodes()) && count(got, "tentative") == 0 && count(got, "dormant ") == 0 &&
			count(got, "address6 ")+count(got, "link-local ") == count(got, "local6 ") {
			return got
		}
		if time.Now().After(deadline) {
			t.Fatalf("never settled:\n%s", strings.Join(got, "\n"))
		}
	}
}

func count(lines []string, prefix string) int {
	k := 0
	for _, line := range lines {
		if strings.HasPrefix(line, prefix) {
			k++
		}
	}
	return k
}

// configuration lists devices, addresses, routes and neighbours of all nodes.
func configuration(t *testing.T, l *lab.Lab) []string {
	t.Helper()
	var lines []string
	for _, n := range l.Nodes() {
		err := n.Do(func() error {
			for _, list := range []func() ([]string, error){devices, addresses, routes, neighbours} {
				some, err := list()
				if err != nil {
					return err
				}
				for _, line := range some {
					lines = append(lines, line+" on "+n.Name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return lines
}

func devices() ([]string, error) {
	list, err := lab.Dump(netlink.LinkList)
	var lines []string
	for _, l := range list {
		a := l.Attrs()
		kind := "device"
		if a.RawFlags&unix.IFF_UP != 0 && a.RawFlags&unix.IFF_RUNNING == 0 { // its carrier is there, or will be
			kind = "dormant"
		}
		lines = append(lines, fmt.Sprintf("%s %d %s at %s flags %#x", kind, a.Index, a.Name, a.HardwareAddr, a.RawFlags))
	}
	return lines, err
}

func addresses() ([]string, error) {
	list, err := lab.Dump(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_ALL) })
	var lines []string
	for _, a := range list {
		kind := "address4"
		switch {
		case a.Flags&unix.IFA_F_TENTATIVE != 0:
			kind = "tentative"
		case a.IP.IsLinkLocalUnicast():
			kind = "link-local"
		case a.IP.To4() == nil:
			kind = "address6"
		}
		lines = append(lines, fmt.Sprintf("%s %s dev %d scope %d flags %#x", kind, a.IPNet, a.LinkIndex, a.Scope, a.Flags))
	}
	return lines, err
}

func routes() ([]string, error) {
	list, err := lab.Dump(func() ([]netlink.Route, error) {
		return netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	})
	var lines []string
	for _, r := range list {
		kind := "route"
		if r.Type == unix.RTN_LOCAL && r.Family == netlink.FAMILY_V6 {
			kind = "local6"
		}
		lines = append(lines, fmt.Sprintf("%s %s via %s dev %d table %d proto %d type %d metric %d flags %#x",
			kind, r.Dst, r.Gw, r.LinkIndex, r.Table, r.Protocol, r.Type, r.Priority, r.Flags))
	}
	return lines, err
}

// neighbours are the entries that were set. Others come and go.
func neighbours() ([]string, error) {
	list, err := lab.Dump(func() ([]netlink.Neigh, error) { return netlink.NeighList(0, netlink.FAMILY_ALL) })
	var lines []string
	for _, n := range list {
		if n.State == netlink.NUD_PERMANENT {
			lines = append(lines, fmt.Sprintf("neighbour %s dev %d at %s", n.IP, n.LinkIndex, n.HardwareAddr))
		}
	}
	return lines, err
}
