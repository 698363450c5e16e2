package lab_test

import (
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// A node that is given a way out has it again after its link was down.
func TestRouteOut(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	n := node(t, l, "a0")
	if got := defaults(t, n); got != 0 {
		t.Fatalf("%d default routes before", got)
	}
	const why = "its daemon writes no routes"
	for range 2 {
		if err := n.RouteOut(why); err != nil {
			t.Fatal(err)
		}
	}
	if got := defaults(t, n); got != 2 {
		t.Errorf("%d default routes, want one of each family", got)
	}
	link, err := l.Between("a0", "r")
	if err != nil {
		t.Fatal(err)
	}
	if err := link.SetDown("a0"); err != nil {
		t.Fatal(err)
	}
	if err := link.SetUp("a0"); err != nil {
		t.Fatal(err)
	}
	if got := defaults(t, n); got != 2 {
		t.Errorf("%d default routes after the link was down, want 2", got)
	}
	if text := strings.Join(l.Fallbacks(), "\n"); strings.Count(text, why) != 1 {
		t.Errorf("fallbacks %q, want the reason once", text)
	}
	if err := node(t, l, "r").RouteOut(why); err == nil {
		t.Error("the router has no link to a router, yet no error")
	}
}

func defaults(t *testing.T, n *lab.Node) int {
	t.Helper()
	count := 0
	err := n.Do(func() error {
		routes, err := lab.Dump(func() ([]netlink.Route, error) { return netlink.RouteList(nil, netlink.FAMILY_ALL) })
		for _, r := range routes {
			if ones, _ := r.Dst.Mask.Size(); r.Gw != nil && ones == 0 {
				count++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func TestSwitchAnycast(t *testing.T) {
	l := labtest.OpenTopology(t, star(1), lab.Options{})
	n := node(t, l, "a0")
	for _, up := range []bool{false, false, true, true} {
		if err := n.SwitchAnycast(t.Context(), up); err != nil {
			t.Fatal(err)
		}
		err := n.Do(func() error {
			link, err := netlink.LinkByName(topologies.AnycastDev)
			if err == nil && (link.Attrs().Flags&1 != 0) != up { // IFF_UP
				t.Errorf("switched %v: flags %v", up, link.Attrs().Flags)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if has, err := n.HasAnycast(); err != nil || has != len(l.Topology().Anycast) {
		t.Errorf("%d anycast addresses after all (%v)", has, err)
	}
}
