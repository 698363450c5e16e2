package run

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// unserved says, of the probes that are not served, what is wrong.
func (g *gate) unserved() []string {
	g.clients.mu.Lock()
	defer g.clients.mu.Unlock()
	var lines []string
	now := record.Now()
	for _, name := range slices.Sorted(maps.Keys(g.clients.groups)) {
		if wrong := g.clients.groups[name].wrong(now, g.home[name]); wrong != "" {
			lines = append(lines, "probe "+name+" "+wrong)
		}
	}
	return lines
}

// wrong is empty if the group has been served at home for the quiet time. home is
// nil before it is known.
func (g *groupSeen) wrong(now record.Time, home []string) string {
	by := g.by()
	silent, until, longest := 0, now, time.Duration(0)
	for i := range g.flows {
		f := &g.flows[i]
		if f.silent(now, g.Interval()) {
			silent++
		}
		until, longest = min(until, f.sent), max(longest, f.lag)
	}
	lost, of := g.fates.lately(now)
	switch {
	case by == nil:
		return "gets no answer"
	case silent == len(g.flows):
		return fmt.Sprintf("gets no answer any more%s, for %v", from(by, ", the last one was by"), short(now.Sub(g.newest)))
	case home != nil && !slices.Equal(by, home):
		return fmt.Sprintf("is answered by %s, not by %s as at the beginning", document.Some(by), document.Some(home))
	case lost > 0:
		return fmt.Sprintf("lost %d of %d requests in the last second%s", lost, of, from(by, "; it is answered by"))
	case silent > 0:
		return fmt.Sprintf("gets no answer to %d of its %d flows%s", silent, len(g.flows), from(by, ", to the others by"))
	case g.served(now, 0, quiet):
		return ""
	}
	return fmt.Sprintf("is answered%s, up to %v after it asked, but has not been for %v without a loss or a change of site", from(by, " by"), short(longest), document.Duration(quiet))
}

// from names the nodes that answer, where they say who they are.
func from(by []string, how string) string {
	if len(by) == 0 {
		return ""
	}
	return how + " " + document.Some(by)
}

// short writes a time that was measured.
func short(d time.Duration) string { return document.Duration(d.Round(time.Millisecond)) }

// strangers refuses answers of nodes that don't serve: who answers is what is to
// be measured.
func (g *gate) strangers() []string {
	var lines []string
	answering := g.clients.answering()
	for _, p := range g.clients.list() {
		sites := serviceNamed(g.cell.Scenario, p.Service).On
		for _, node := range answering[p.Name] {
			if !slices.Contains(sites, node) {
				lines = append(lines, fmt.Sprintf("probe %s is answered by %q, which is none of the nodes that serve %s: %s", p.Name, node, p.Service, document.Some(sites)))
			}
		}
	}
	return lines
}
