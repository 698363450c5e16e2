package bgp

import (
	"anylab/topologies"
)

// Lasting says whether the node is to keep its sessions with other ASes when their
// links lose their carriers: no fast external failover.
func (c Config) Lasting() bool { return c.FastFailover != nil && !*c.FastFailover }

// Outlasts says whether the session is to outlast the carrier of its link.
func (c Config) Outlasts(n Neighbor) bool { return c.Lasting() && n.ASN != c.ASN && !n.Hop }

// checkFailover: what can't be told to end sessions with their carriers never does.
func (can Capabilities) checkFailover(t topologies.Topology, n topologies.Node) error {
	const key = "fast_external_failover"
	if n.FastFailover == nil {
		return nil
	}
	at := t.Source.Root().At("nodes." + n.Name)
	if !at.Has(key) {
		at = t.Source.Root().At("bgp")
	}
	switch {
	case n.Config != "":
		return at.KeyErrorf(key, "%s runs a config of its own (%s), in which its %s must stand", n.Name, n.Config, key)
	case *n.FastFailover && !can.FastFailover:
		return at.KeyErrorf(key, "%s runs %s, which takes no notice of a lost carrier; that is done by %s only", n.Name, n.Daemon, able(func(c Capabilities) bool { return c.FastFailover }))
	}
	return nil
}

// outlasts says whether the node's session over the link outlasts the carrier at the
// node's end, as far as the topology decides that.
func outlasts(t topologies.Topology, l topologies.Link, node string) bool {
	n, _ := t.Node(node)
	_, end := l.Of(node)
	far, _ := t.Node(end.Node)
	if n.Config != "" || l.Hop {
		return false
	}
	told := n.FastFailover != nil && !*n.FastFailover && n.ASN != far.ASN
	return told || !CapabilitiesOf(n.Daemon).FastFailover
}
