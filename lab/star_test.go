package lab_test

import (
	"fmt"
	"net/netip"

	"anylab/topologies"
)

// star is a router with a client and n anycast nodes.
func star(n int) topologies.Topology {
	t := topologies.Topology{
		Name:    "star",
		Nodes:   []topologies.Node{{Name: "r", Role: topologies.Router}},
		Anycast: []netip.Prefix{netip.MustParsePrefix("192.0.2.53/32"), netip.MustParsePrefix("2001:db8::53/128")},
	}
	addLeaf(&t, topologies.Node{Name: "c", Role: topologies.Client})
	for i := range n {
		addLeaf(&t, topologies.Node{Name: fmt.Sprintf("a%d", i), Role: topologies.Anycast})
	}
	return t
}

func addLeaf(t *topologies.Topology, leaf topologies.Node) {
	i := len(t.Links)
	prefix := func(format string, n, bits int) netip.Prefix {
		return netip.PrefixFrom(netip.MustParseAddr(fmt.Sprintf(format, n/256, n%256)), bits)
	}
	v6 := func(n int) netip.Prefix {
		return netip.PrefixFrom(netip.MustParseAddr(fmt.Sprintf("fd00:a11:1ab::%x", n)), 127)
	}
	t.Nodes = append(t.Nodes, leaf)
	t.Links = append(t.Links, topologies.Link{
		Name: "r-" + leaf.Name,
		Ends: [2]topologies.End{
			{Node: "r", Dev: fmt.Sprintf("eth%d", i), IPv4: prefix("10.0.%d.%d", 2*i, 31), IPv6: v6(2 * i)},
			{Node: leaf.Name, Dev: "eth0", IPv4: prefix("10.0.%d.%d", 2*i+1, 31), IPv6: v6(2*i + 1)},
		},
	})
}
