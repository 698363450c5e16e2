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
		w, _ := s.Topology.Way(p.From, site)
		longest = max(longest, w.Delay)
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
