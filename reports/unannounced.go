package reports

import (
	"fmt"
	"net/netip"
	"slices"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// unannounced notes the cell's sites that spoke BGP and in no trial had announced an
// anycast address to anybody: nobody can be led there.
func (res *Result) unannounced(c *cell, failovers []timeline.Failover) {
	announced := map[string][]netip.Prefix{}
	for _, i := range c.trials {
		for node, list := range failovers[i].Announced {
			announced[node] = append(announced[node], list...)
		}
	}
	for _, site := range c.x.Topology.Of(record.AnycastNode) {
		list, spoke := announced[site]
		serves := slices.ContainsFunc(c.x.Services, func(s record.Service) bool { return slices.Contains(s.On, site) })
		for _, p := range c.x.Topology.Anycast {
			covers := func(q netip.Prefix) bool { return q.Contains(p.Addr()) }
			if spoke && serves && !slices.ContainsFunc(list, covers) {
				res.Findings = append(res.Findings, Finding{"never-announced", Note,
					fmt.Sprintf("%s%s announced %s to nobody, so nobody was led there by it", words.In(c.Values), site, p)})
			}
		}
	}
}
