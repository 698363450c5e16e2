package fault

import (
	"context"

	"anylab/topologies"
)

// discarding is what faults need that discard packets.
var discarding = []string{"nftables"}

// drop discards packets until the handle is healed.
func (w *World) drop(f Filter, ways []Way) (Injected, error) {
	d, err := w.Drop(f, ways...)
	if err != nil {
		return Injected{}, err
	}
	return Injected{
		active: func(context.Context) (bool, error) { return d.InEffect() },
		heal:   func(context.Context) error { return d.Remove() },
	}, nil
}

// ways returns the directions of a link that the place means, and the link.
func (p Place) ways(s Setting) ([]Way, topologies.Link, error) {
	l, err := p.link(s)
	if err == nil && p.End != "" {
		err = mistake("end", "packets are lost on the link, not at one end; direction: %s->%s is for one way", p.On[0], p.On[1])
	}
	if err != nil {
		return nil, l, err
	}
	if p.Direction[0] != "" {
		return []Way{{Link: l.Name, From: p.Direction[0]}}, l, nil
	}
	return []Way{{Link: l.Name, From: l.Ends[0].Node}, {Link: l.Name, From: l.Ends[1].Node}}, l, nil
}

// allWays returns the directions of all links of a node. Packets are discarded at
// the node itself: nothing that a dying process still says is seen outside.
func allWays(s Setting, node string) []Way {
	var ways []Way
	for _, l := range s.Topology.LinksOf(node) {
		for _, e := range l.Ends {
			ways = append(ways, Way{Link: l.Name, From: e.Node, At: node})
		}
	}
	return ways
}
