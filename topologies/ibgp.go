package topologies

// checkInternal refuses what internal sessions (two speakers of one AS) would
// not do: a route that was learned over one is not passed on over another
// (RFC 4271, 9.2), and there is no route reflection here. All internal
// neighbours of a node must therefore be linked to each other.
func checkInternal(t *Topology, f topologyFile) error {
	near := neighbours(t)
	for i, n := range t.Nodes {
		inside := internal(n, near)
		for j, a := range inside {
			for _, b := range inside[j+1:] {
				if a.Name != b.Name && !adjacent(near, a, b) {
					return f.Nodes[i].At.Errorf("asn", "%s, %s and %s are all AS %d: %s passes no routes between the other two, which an internal session does not (RFC 4271, 9.2); link them, or give one another AS",
						n.Name, a.Name, b.Name, n.ASN, n.Name)
				}
			}
		}
	}
	return nil
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
