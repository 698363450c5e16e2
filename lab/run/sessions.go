package run

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"anylab/lab/bfd"
	"anylab/lab/bgp"
	"anylab/topologies"
)

// session is one end of a session.
type session struct {
	node string
	peer netip.Addr
}

// asking bounds the wait for the daemons' answers: a frozen one gives none.
const (
	asking     = 3 * time.Second
	askingEach = 10 * time.Millisecond // and so much longer for each of many
)

// missing lists the BGP and BFD sessions that are not up and the services that
// are not healthy.
func (r *rig) missing(ctx context.Context) []string {
	_, what := r.missingOn(ctx, r.speaking())
	return what
}

// speaking lists the nodes that have a speaker.
func (r *rig) speaking() []string { return slices.Sorted(maps.Keys(r.world.Speakers)) }

// missingOn asks the daemons of some nodes, as many at the same time as that
// helps, and returns those of the nodes where something is missing.
func (r *rig) missingOn(ctx context.Context, nodes []string) (lacking, what []string) {
	ctx, cancel := context.WithTimeout(ctx, asking+time.Duration(len(nodes))*askingEach)
	defer cancel()
	answers := askAll(nodes, func(node string) []string { return r.down(ctx, node) })
	for i, node := range nodes {
		if len(answers[i]) > 0 {
			lacking = append(lacking, node)
		}
	}
	return lacking, append(slices.Concat(answers...), r.unhealthy()...)
}

// askAll asks about many nodes at the same time, so that one that takes long
// costs no more than itself, and returns the answers in the nodes' order.
func askAll(nodes []string, ask func(node string) []string) [][]string {
	answers := make([][]string, len(nodes))
	var all errgroup.Group
	all.SetLimit(askedAtOnce)
	for i, node := range nodes {
		all.Go(func() error {
			answers[i] = ask(node)
			return nil
		})
	}
	_ = all.Wait() // no question fails
	return answers
}

// peers asks one speaker for its sessions, but for those that a user's file keeps down.
func (r *rig) peers(ctx context.Context, node string) ([]bgp.Peer, error) {
	peers, err := r.world.Speakers[node].Peers(ctx)
	return slices.DeleteFunc(peers, func(p bgp.Peer) bool {
		return r.cell.files.KeptDown(r.cell.Topology, node, p.Addr)
	}), err
}

// down asks one daemon which of its sessions are not up.
func (r *rig) down(ctx context.Context, node string) []string {
	peers, err := r.peers(ctx, node)
	if err != nil {
		return []string{fmt.Sprintf("speaker on %s: %v", node, err)}
	}
	var down []string
	for _, p := range peers {
		if p.State != bgp.Established {
			down = append(down, fmt.Sprintf("session %s to %s (%s) is %s", node, p.Node, p.Addr, p.State))
		}
		if p.BFD != "" && p.BFD != bfd.Up.String() {
			down = append(down, fmt.Sprintf("BFD %s to %s (%s) is %s", node, p.Node, p.Addr, p.BFD))
		}
		if none := r.unheard(node, p); none != "" {
			down = append(down, none)
		}
		if n, known := r.carried[session{node, p.Addr}]; known && n != p.Received {
			down = append(down, fmt.Sprintf("%s has %d routes from %s, and %d at the beginning", node, p.Received, p.Node, n))
		}
	}
	return down
}

// unheard says what a router's session with an anycast node lacks: a route that
// the node's speaker announces. It is empty when nothing is missing.
func (r *rig) unheard(node string, p bgp.Peer) string {
	near, _ := r.cell.Topology.Node(node)
	far, _ := r.cell.Topology.Node(p.Node)
	speaker := r.world.Speakers[p.Node]
	if near.Role != topologies.Router || far.Role != topologies.Anycast || p.Received > 0 || speaker == nil ||
		near.Config+far.Config != "" { // the user's own policy decides
		return ""
	}
	for _, prefix := range append(speaker.Announced(), r.cell.checked(p.Node)...) {
		if slices.Contains(r.cell.Topology.Anycast, prefix) && prefix.Addr().Is4() == p.Addr.Is4() {
			return fmt.Sprintf("route from %s: %s has received none", p.Node, node)
		}
	}
	return ""
}

func (r *rig) unhealthy() []string {
	var list []string
	for _, node := range slices.Sorted(maps.Keys(r.world.Running)) {
		for _, running := range r.world.Running[node] {
			if !running.Healthy() {
				list = append(list, fmt.Sprintf("service %s on %s is not healthy", running.Name(), node))
			}
		}
	}
	return list
}
