package lab_test

import (
	"fmt"
	"testing"

	"github.com/vishvananda/netlink"

	"anylab/lab"
	"anylab/lab/labtest"
)

// Removing the anycast addresses and restoring them leaves addresses and
// routes as they were, and so does doing either twice.
func TestAnycastAddresses(t *testing.T) {
	l := labtest.Open(t, `
name: two
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
links:
  - endpoints: [r, a]
anycast: [192.0.2.100/32, 2001:db8::100/128]
`)
	a, err := l.Node("a")
	if err != nil {
		t.Fatal(err)
	}
	settled(t, l)
	before := inventory(t, a)
	for range 2 {
		if err := a.RemoveAnycast(); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := a.HasAnycast(); n != 0 || err != nil {
		t.Errorf("%d addresses left, %v", n, err)
	}
	if inventory(t, a) == before {
		t.Error("nothing was removed")
	}
	for range 2 {
		if err := a.RestoreAnycast(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := a.HasAnycast(); n != 2 || err != nil {
		t.Errorf("%d addresses, want 2; %v", n, err)
	}
	if after := inventory(t, a); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// inventory lists a node's addresses and routes.
func inventory(t *testing.T, n *lab.Node) string {
	t.Helper()
	text := ""
	err := n.Do(func() error {
		addrs, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
		if err != nil {
			return err
		}
		for _, a := range addrs {
			text += fmt.Sprintf("%d %s flags %x scope %d\n", a.LinkIndex, a, a.Flags, a.Scope)
		}
		routes, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{}, netlink.RT_FILTER_TABLE)
		for _, r := range routes {
			text += r.String() + "\n"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
