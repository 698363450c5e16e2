package topologies

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"anylab/topologies/document"
)

// clusterID is the four octets of RFC 4456, 7.
type clusterID netip.Addr

// UnmarshalText reads them as they are written in an IPv4 address, or as one number.
func (c *clusterID) UnmarshalText(text []byte) error {
	a, err := netip.ParseAddr(string(text))
	if n, number := strconv.ParseUint(string(text), 10, 32); number == nil {
		a, err = netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(n)))), nil
	}
	if err != nil || !a.Is4() || a.IsUnspecified() {
		return fmt.Errorf("%q is no cluster id: that is four octets such as 10.0.0.1, or a number from 1 to 4294967295 (RFC 4456, 7)", text)
	}
	*c = clusterID(a)
	return nil
}

// Types are those of the value in a JSON Schema.
func (clusterID) Types() []string { return []string{"string", "integer"} }

// addReflector makes a router one that reflects routes.
func addReflector(n *Node, nf nodeFile) error {
	switch given := nf.At.Has("cluster_id"); {
	case given && !nf.Reflector:
		return nf.At.KeyErrorf("cluster_id", "a cluster is one of a route reflector: say reflector: true as well")
	case nf.Reflector && n.Role != Router:
		return nf.At.Errorf("reflector", "%s passes no routes on: only a router can be a reflector", n.Name)
	case given:
		n.Cluster = netip.Addr(nf.ClusterID)
	case nf.Reflector:
		n.Cluster = n.RouterID
	}
	return nil
}

// addInternal says who is a reflector's client, and refuses what internal sessions
// (two speakers of one AS) would not do.
func addInternal(t *Topology, f topologyFile) error {
	for i := range t.Links {
		for e := range t.Links[i].Ends {
			if err := addClient(t, &t.Links[i], e, f.Links[i]); err != nil {
				return err
			}
		}
	}
	if err := checkInternal(t, f); err != nil {
		return err
	}
	return checkClusters(t, f)
}

// addClient: another reflector is no client by itself, for it has clients of its own.
func addClient(t *Topology, l *Link, e int, lf linkFile) error {
	n, _ := t.Node(l.Ends[e].Node)
	by, _ := t.Node(l.Ends[1-e].Node)
	can := by.Cluster.IsValid() && n.Role != Client && n.ASN == by.ASN
	l.Ends[e].Client = can && !n.Cluster.IsValid()
	for _, ef := range lf.To {
		if ef.Node != n.Name || ef.Client == nil {
			continue
		}
		if !can {
			return ef.At.Errorf("client", "%s is no client of %s, which is no route reflector of its AS", n.Name, by.Name)
		}
		l.Ends[e].Client = *ef.Client
	}
	return nil
}

// checkInternal: a route that was learned over an internal session is not passed on
// over another (RFC 4271, 9.2) but by a reflector, from or to a client (RFC 4456, 6).
// All internal neighbours of another router must therefore be linked to each other.
// Sites need not, for neither has use for the other's route; nor two reflectors that the
// node is a client of, as both have its routes, and theirs are those of their clients.
func checkInternal(t *Topology, f topologyFile) error {
	near := neighbours(t)
	for i, n := range t.Nodes {
		if n.Cluster.IsValid() && !t.hasInternal(n) {
			return f.Nodes[i].At.Errorf("reflector", "%s reflects nothing: it has no session within its AS, %d; its neighbors are %s", n.Name, n.ASN, asNumbers(near[n.Name]))
		}
		inside := internal(n, near)
		for j, a := range inside {
			for _, b := range inside[j+1:] {
				sites := n.Role == Router && a.Role == Anycast && b.Role == Anycast
				if a.Name == b.Name || sites || adjacent(near, a, b) || t.reflects(n, a, b) || t.reflects(a, n, n) && t.reflects(b, n, n) {
					continue
				}
				if n.Cluster.IsValid() {
					return f.Nodes[i].At.Errorf("reflector", "%s passes no routes between %s and %s, neither of which is its client (RFC 4456, 6): say `client: true` of one, or link them", n.Name, a.Name, b.Name)
				}
				return f.Nodes[i].At.Errorf("asn", "%s, %s and %s are all AS %d: %s passes no routes between the other two, which an internal session does not (RFC 4271, 9.2); link them, make %s a `reflector`, or give one another AS",
					n.Name, a.Name, b.Name, n.ASN, n.Name, n.Name)
			}
		}
	}
	return nil
}

// hasInternal says whether a session of the node is an internal one.
func (t *Topology) hasInternal(n Node) bool {
	return slices.ContainsFunc(t.LinksOf(n.Name), func(l Link) bool {
		_, far := l.Of(n.Name)
		peer, _ := t.Node(far.Node)
		return t.HasBGP(l) && peer.ASN == n.ASN
	})
}

// asNumbers names the speakers among nodes with their AS.
func asNumbers(nodes []Node) string {
	var list []string
	for _, n := range nodes {
		if n.Role != Client {
			list = append(list, fmt.Sprintf("%s (AS %d)", n.Name, n.ASN))
		}
	}
	return document.Some(list)
}

// reflects says whether the node passes routes on between two neighbours.
func (t *Topology) reflects(n, a, b Node) bool {
	return slices.ContainsFunc(t.LinksOf(n.Name), func(l Link) bool {
		_, far := l.Of(n.Name)
		return far.Client && (far.Node == a.Name || far.Node == b.Name)
	})
}

// internal returns the node's neighbours of its own AS.
func internal(n Node, near map[string][]Node) []Node {
	var list []Node
	for _, peer := range near[n.Name] {
		if n.Role != Client && peer.Role != Client && peer.ASN == n.ASN {
			list = append(list, peer)
		}
	}
	return list
}

func adjacent(near map[string][]Node, a, b Node) bool {
	for _, peer := range near[a.Name] {
		if peer.Name == b.Name {
			return true
		}
	}
	return false
}
