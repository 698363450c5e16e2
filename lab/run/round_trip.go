package run

import (
	"slices"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// roundTrip is how long an answer to the probe takes by the links' delays alone,
// from the farthest site that may give it, with as many round trips as its kind
// needs.
func roundTrip(s scenarios.Scenario, p scenarios.Probe) time.Duration {
	about, _ := probe.About(p.Kind)
	var longest time.Duration
	for _, site := range serviceNamed(s, p.Service).On {
		w, _ := shortest(s.Topology, p.From, site)
		longest = max(longest, w.delay)
	}
	return longest * time.Duration(about.Trips)
}

// spreads says whether a router may send the connections of one client to several
// sites. A configuration of the user's own may do that.
func (c cell) spreads() bool {
	return slices.ContainsFunc(c.Topology.Nodes, func(n topologies.Node) bool {
		return n.Role == topologies.Router && (n.Multipath || n.Config != "")
	})
}

// roundTrip is the longest of the cell's probes.
func (c cell) roundTrip() time.Duration {
	var longest time.Duration
	for _, p := range c.Probes {
		longest = max(longest, roundTrip(c.Scenario, p))
	}
	return longest
}

// knownTimeout fills in what a request is waited for, and refuses a time within
// which no answer can come.
func knownTimeout(s scenarios.Scenario, p *scenarios.Probe, at document.Raw) error {
	trip := roundTrip(s, *p)
	if p.Timeout == 0 {
		p.Timeout = record.ProbeGroup{RoundTrip: trip}.Patience()
	}
	if p.Timeout <= trip {
		return at.Errorf("timeout", "the timeout is %v, and by the delays of the links an answer to %s takes %v: every request would be lost", document.Duration(p.Timeout), p.From, document.Duration(trip))
	}
	return nil
}

// way is one through the network, both ways.
type way struct {
	delay time.Duration // of a packet and one in return, the jitter included
	links []int         // of the topology
}

// shortest finds the way with the least delay. It leaves a client by its first
// link, where the default route leads, and passes through routers.
func shortest(t topologies.Topology, client, site string) (way, bool) {
	best := map[string]way{client: {}}
	for open := []string{client}; len(open) > 0; open = open[1:] {
		from := open[0]
		for i, l := range t.Links {
			near, far := l.Of(from)
			if near.Node != from || !passes(t, from, client, best[from].links, i) {
				continue
			}
			next := best[from].delay + delay(near.Shape) + delay(far.Shape)
			if known, ok := best[far.Node]; !ok || next < known.delay {
				best[far.Node] = way{next, append(slices.Clone(best[from].links), i)}
				open = append(open, far.Node)
			}
		}
	}
	w, ok := best[site]
	return w, ok
}

// passes says whether a packet that came to the node goes on over the link.
func passes(t topologies.Topology, node, client string, before []int, link int) bool {
	n, _ := t.Node(node)
	if node != client {
		return n.Role == topologies.Router
	}
	first := slices.IndexFunc(t.Links, func(l topologies.Link) bool { return l.Ends[0].Node == client || l.Ends[1].Node == client })
	return len(before) == 0 && link == first
}

func delay(s topologies.Shape) time.Duration { return s.Delay + s.Jitter }
