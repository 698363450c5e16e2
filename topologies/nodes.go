package topologies

import (
	"bytes"
	"cmp"
	"errors"
	"net/netip"
	"regexp"

	"anylab/topologies/document"
)

// A node's name becomes the name of a namespace and part of file names.
var nodeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$`)

// maxNodes and maxLinks keep derived values inside their ranges.
const (
	maxNodes = 1 << 15
	maxLinks = 1 << 15
)

func addNodes(t *Topology, f topologyFile) error {
	if len(f.Nodes) > maxNodes {
		return f.At.Errorf("nodes", "%d nodes are too many; the limit is %d", len(f.Nodes), maxNodes)
	}
	ids := map[netip.Addr]string{}
	for i, nf := range f.Nodes {
		if !nodeName.MatchString(nf.Name) {
			return f.At.At("nodes").KeyErrorf(nf.Name, "the node name %q is not usable; a name is at most 15 of a-z, 0-9 and -, with a letter or digit at both ends", nf.Name)
		}
		n, err := newNode(f, nf, i)
		if err != nil {
			return err
		}
		if other, ok := ids[n.RouterID]; ok && n.Role != Client {
			return nf.At.Errorf("router_id", "the router id %s is also that of %s", n.RouterID, other)
		}
		ids[n.RouterID] = n.Name
		t.Nodes = append(t.Nodes, n)
	}
	return nil
}

func newNode(f topologyFile, nf nodeFile, index int) (Node, error) {
	n := Node{Name: nf.Name, Role: nf.Role, ASN: nf.ASN}
	if err := addPlace(&n, nf); err != nil {
		return n, err
	}
	if n.Role == Client {
		if err := checkClient(nf); err != nil {
			return n, err
		}
		return n, addForwarding(&n, nf)
	}
	if nf.At.Has("asn") || !f.hasMember(nf.Name) {
		if err := checkASN(nf); err != nil {
			return n, err
		}
	}
	n.Daemon = cmp.Or(f.Daemon, Embedded)
	if nf.Daemon != nil {
		n.Daemon = *nf.Daemon
	}
	n.Multipath, n.Table = f.BGP.Multipath, nf.Table
	n.FastFailover = cmp.Or(nf.FastFailover, f.BGP.FastFailover)
	if nf.Multipath != nil {
		n.Multipath = *nf.Multipath
	}
	if nf.Damping != nil && nf.Damping.HalfLife != 0 { // not absent, nor "none"
		if err := nf.Damping.check(); err != nil {
			return n, err
		}
		n.Damping = &nf.Damping.Damping
	}
	n.RouterID = netip.AddrFrom4([4]byte{10, 255, byte((index + 1) >> 8), byte(index + 1)})
	if nf.At.Has("router_id") {
		if !nf.RouterID.Is4() || nf.RouterID.IsUnspecified() {
			return n, nf.At.Errorf("router_id", "a router id is written like an IPv4 address and is not zero (RFC 6286)")
		}
		n.RouterID = nf.RouterID
	}
	if err := errors.Join(addReflector(&n, nf), addForwarding(&n, nf)); err != nil {
		return n, err
	}
	return n, addConfig(&n, nf)
}

// checkClient: a client has no BGP speaker.
func checkClient(nf nodeFile) error {
	for _, key := range []string{"asn", "daemon", "config", "router_id", "multipath", "fast_external_failover", "damping", "reflector", "cluster_id", "table"} {
		if nf.At.Has(key) {
			return nf.At.KeyErrorf(key, "%s is a client and runs no BGP, so it has no %s", nf.Name, key)
		}
	}
	return nil
}

func checkASN(nf nodeFile) error {
	if !nf.At.Has("asn") {
		return nf.At.Errorf("", "node %s needs an asn: its role is %s, so it runs BGP", nf.Name, nf.Role)
	}
	switch nf.ASN {
	case 0, 23456, 65535, 4294967295:
		return nf.At.Errorf("asn", "AS %d is reserved (RFC 7607, 6793, 7300); private ones are 64512 to 65534", nf.ASN)
	}
	return nil
}

func addConfig(n *Node, nf nodeFile) error {
	if nf.Config == "" {
		return nil
	}
	at := nf.At.At("config")
	if n.Config = nf.Config; at.Stored() {
		return nil
	}
	n.Config = at.Path(nf.Config)
	text, err := document.ReadFile(n.Config)
	switch {
	case err != nil:
		return nf.At.Errorf("config", "the configuration of %s can't be read: %v", nf.Name, err)
	case len(bytes.TrimSpace(text)) == 0:
		return nf.At.Errorf("config", "the configuration of %s, %s, is empty", nf.Name, n.Config)
	case bytes.IndexByte(text, 0) >= 0:
		return nf.At.Errorf("config", "the configuration of %s, %s, is not text", nf.Name, n.Config)
	}
	return nil
}
