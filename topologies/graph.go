package topologies

import "anylab/topologies/document"

// checkGraph checks that every node can do its part.
func checkGraph(t *Topology, f topologyFile) error {
	if len(t.Of(Anycast)) == 0 {
		return f.At.Errorf("nodes", "no node has the role anycast")
	}
	near := neighbours(t)
	for i, n := range t.Nodes {
		at := f.Nodes[i].At
		if len(near[n.Name]) == 0 {
			return f.At.At("nodes").KeyErrorf(n.Name, "node %s has no links", n.Name)
		}
		var err error
		switch n.Role {
		case Client:
			err = checkReach(n, near, at)
		case Anycast:
			err = checkSession(n, near, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// neighbours returns each node's neighbours in file order of the links.
func neighbours(t *Topology) map[string][]Node {
	byName := map[string]Node{}
	for _, n := range t.Nodes {
		byName[n.Name] = n
	}
	near := map[string][]Node{}
	for _, l := range t.Links {
		a, b := byName[l.Ends[0].Node], byName[l.Ends[1].Node]
		near[a.Name] = append(near[a.Name], b)
		near[b.Name] = append(near[b.Name], a)
	}
	return near
}

func checkSession(n Node, near map[string][]Node, at document.Raw) error {
	for _, peer := range near[n.Name] {
		if peer.Role == Router {
			return nil
		}
	}
	return at.Errorf("", "anycast node %s has no link to a router, so nobody would learn its route", n.Name)
}

// checkReach follows the routers from a client's default route.
func checkReach(client Node, near map[string][]Node, at document.Raw) error {
	first := near[client.Name][0]
	if first.Role != Router {
		return at.Errorf("", "the first link of client %s leads to %s, which is no router; its default route goes there", client.Name, first.Name)
	}
	seen := map[string]bool{first.Name: true}
	queue := []Node{first}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, peer := range near[n.Name] {
			if peer.Role == Anycast {
				return nil
			}
			if peer.Role == Router && !seen[peer.Name] {
				seen[peer.Name] = true
				queue = append(queue, peer)
			}
		}
	}
	return at.Errorf("", "no path leads from client %s to an anycast node", client.Name)
}
