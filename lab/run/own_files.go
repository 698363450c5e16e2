package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"anylab/lab/bgp"
	"anylab/scenarios"
	"anylab/topologies"
)

// OwnFiles says what was read of the users' own configurations.
func (p *Plan) OwnFiles() []string {
	var lines []string
	p.eachFile(func(s scenarios.Scenario, n topologies.Node) {
		r := bgp.ReadFiles(s.Topology)[n.Name]
		if r == nil {
			return
		}
		lines = append(lines, fmt.Sprintf("%s reads %s", n.Name, n.Config))
		for _, line := range slices.Concat(r.Summary(), bgp.Ways(s.Topology, n.Name)) {
			lines = append(lines, "  "+line)
		}
	})
	return lines
}

// Warnings say what is likely to be a mistake, in the users' own configurations too, each
// with its place.
func (p *Plan) Warnings() []string {
	var lines []string
	p.eachFile(func(s scenarios.Scenario, n topologies.Node) {
		for _, remark := range bgp.Remarks(s.Topology, n.Name) {
			lines = append(lines, fmt.Sprintf("%s: %s", n.Name, remark))
		}
	})
	return slices.Concat(lines, p.overrunning(), p.unspoken())
}

// unspoken lists the members of a VRRP that are given an AS and speak BGP in no cell.
func (p *Plan) unspoken() []string {
	var lines []string
	first := p.cells[0]
	for _, n := range first.Topology.Nodes {
		speaks := func(c cell) bool {
			own, _ := c.Topology.Node(n.Name)
			return own.ASN == 0 || c.Topology.Membership(n.Name) == nil
		}
		if slices.ContainsFunc(p.cells, speaks) {
			continue
		}
		err := first.Source.Root().Errorf("topology.nodes."+n.Name+".asn", "the asn of %s is not used: it is a member of the VRRP on %s, and speaks no BGP", n.Name, first.Topology.Membership(n.Name).Link.Called())
		if line := placed(err); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// Proofread has the daemons themselves look the users' own configurations over,
// and says which lines they refuse.
func (p *Plan) Proofread(ctx context.Context) error {
	var errs []error
	p.eachFile(func(s scenarios.Scenario, n topologies.Node) {
		for _, remark := range bgp.Proofread(ctx, n) {
			errs = append(errs, s.Source.Root().Errorf("topology.nodes."+n.Name+".config", "node %s: %s refuses %s", n.Name, n.Daemon, remark))
		}
	})
	return errors.Join(errs...)
}

// eachFile visits each node that has a file of its own, once for each file that
// the cells give it.
func (p *Plan) eachFile(visit func(scenarios.Scenario, topologies.Node)) {
	type use struct{ node, daemon, file string }
	var seen []use
	for _, c := range p.cells {
		for _, n := range c.Topology.Nodes {
			u := use{n.Name, n.Daemon, n.Config}
			if n.Config == "" || slices.Contains(seen, u) {
				continue
			}
			seen = append(seen, u)
			visit(c.Scenario, n)
		}
	}
}
