package lab_test

import (
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/topologies"
)

// Where the kernel has dummy interfaces and netem, they are what a lab uses,
// beside switches and hops too. `make test-kernel` requires them.
func TestNativeParts(t *testing.T) {
	labtest.Require(t, "netns", "dummy", "netem", "bridge", "nftables")
	topology := star(3)
	for i := range topology.Links {
		topology.Links[i].Ends[0].Shape = topologies.Shape{Delay: 5 * time.Millisecond, Loss: 0.01}
	}
	link := func(name string) *topologies.Link {
		i := slices.IndexFunc(topology.Links, func(k topologies.Link) bool { return k.Name == name })
		return &topology.Links[i]
	}
	link("r-a1").Switch = true
	link("r-a2").Hop = true
	l := labtest.OpenTopology(t, topology, lab.Options{})
	if got := kindOf(t, node(t, l, "a0"), topologies.AnycastDev); got != "dummy" {
		t.Errorf("%s is a %s", topologies.AnycastDev, got)
	}
	for _, k := range l.Links() {
		n := node(t, l, k.Ends[0].Node)
		i := slices.IndexFunc(n.Interfaces(), func(i lab.Interface) bool { return i.Link == k.Name })
		if got := qdiscs(t, n, i); !slices.Contains(got, "netem") {
			t.Errorf("%s of link %s: qdiscs %v", n.Name, k.Name, got)
		}
	}
	drop, err := l.Drop(lab.Filter{}, lab.Way{Link: "r-a0", From: "r"})
	if err != nil {
		t.Fatal(err)
	}
	if err := drop.Remove(); err != nil {
		t.Error(err)
	}
	if got := l.Fallbacks(); len(got) > 0 {
		t.Errorf("the kernel has it all, but: %q", got)
	}
}

func kindOf(t *testing.T, n *lab.Node, device string) (kind string) {
	t.Helper()
	err := n.Do(func() error {
		link, err := netlink.LinkByName(device)
		if err == nil {
			kind = link.Type()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kind
}
