package topologies

import (
	"fmt"
	"net/netip"
	"slices"
)

// reflected is a route of an AS as one of its nodes has it.
type reflected struct {
	node     string
	from     End          // whom the node has it from; none: it is its own
	clusters []netip.Addr // of its CLUSTER_LIST those that reflectors share, in order
}

// checkClusters: a reflector ignores a route that a reflector of its own cluster has
// passed on (RFC 4456, 8), so it must have the route from another neighbor as well.
func checkClusters(t *Topology, f topologyFile) error {
	shared := t.sharedClusters()
	if len(shared) == 0 {
		return nil
	}
	for _, origin := range t.Nodes {
		has, ignored := t.reflect(origin.Name, shared)
		for _, r := range ignored {
			i := slices.IndexFunc(t.Nodes, func(n Node) bool { return n.Name == r.node })
			if n := t.Nodes[i]; !has[n.Name] {
				return f.Nodes[i].At.Errorf("cluster_id", "%s ignores the routes of %s, which it has by way of %s alone: they have passed a reflector of its own cluster, %s (RFC 4456, 8); give it another cluster_id, or link %s and %s",
					n.Name, origin.Name, r.from.Node, n.Cluster, n.Name, origin.Name)
			}
		}
	}
	return nil
}

// sharedClusters returns the clusters that have several reflectors.
func (t *Topology) sharedClusters() (shared []netip.Addr) {
	seen := map[netip.Addr]bool{}
	for _, n := range t.Nodes {
		if n.Cluster.IsValid() && seen[n.Cluster] {
			shared = append(shared, n.Cluster)
		}
		seen[n.Cluster] = true
	}
	return shared
}

// reflect returns which nodes have the origin's routes by internal sessions, whatever
// way, and what reflectors ignore of them.
func (t *Topology) reflect(origin string, shared []netip.Addr) (has map[string]bool, ignored []reflected) {
	has = map[string]bool{}
	seen := map[string]bool{}
	for queue := []reflected{{node: origin}}; len(queue) > 0; queue = queue[1:] {
		has[queue[0].node] = true
		for _, r := range t.passOn(queue[0], shared) {
			n, _ := t.Node(r.node)
			way := fmt.Sprint(r.node, r.from.Node, r.clusters)
			switch {
			case slices.Contains(r.clusters, n.Cluster):
				ignored = append(ignored, r)
			case !seen[way]:
				seen[way] = true
				queue = append(queue, r)
			}
		}
	}
	return has, ignored
}

// passOn returns the route as those neighbors in the node's AS have it that it tells.
func (t *Topology) passOn(r reflected, shared []netip.Addr) (told []reflected) {
	n, _ := t.Node(r.node)
	own, clusters := r.from.Node == "", r.clusters
	if !own && slices.Contains(shared, n.Cluster) {
		clusters = append(slices.Clone(clusters), n.Cluster)
		slices.SortFunc(clusters, netip.Addr.Compare)
	}
	for _, l := range t.LinksOf(n.Name) {
		near, far := l.Of(n.Name)
		peer, _ := t.Node(far.Node)
		inside := peer.Role != Client && peer.ASN == n.ASN
		if inside && far.Node != r.from.Node && (own || r.from.Client || far.Client) {
			told = append(told, reflected{peer.Name, near, clusters})
		}
	}
	return told
}
