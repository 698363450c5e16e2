package reports

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// catchment shows which site serves whom, how far away, before the fault, after it,
// and when it was healed: of the trial that is drawn, where the way is of some length.
func (p cellReport) catchment() []page.Section {
	top := p.topology
	sites := top.Of(record.AnycastNode)
	clients := p.placed()
	if len(clients) < 2 || !distant(top) {
		return nil
	}
	s := page.Section{Head: append([]string{"client", "nearest"}, sites...), First: fewClients, Detail: len(clients) > fewClients}
	best := 0
	for _, c := range clients {
		nearest := top.Nearest(c.Name)
		s.Rows = append(s.Rows, append(page.Texts(c.Name, strings.Join(nearest, timeline.Together)), servedBy(c, sites)...))
		if c.Optimal != nil && *c.Optimal {
			best++
		}
	}
	s.Notes = []string{fmt.Sprintf("who is served where, and the round trip, of one trial; %d of %s served by the nearest site before the fault", best, words.Count(len(clients), "client"))}
	return []page.Section{s}
}

// placed returns the first conclusive trial as its clients saw it, each once.
func (p cellReport) placed() []timeline.Client {
	if len(p.good) == 0 {
		return nil
	}
	var list []timeline.Client
	for _, c := range p.good[0].Clients {
		if !slices.ContainsFunc(list, func(known timeline.Client) bool { return known.Name == c.Name }) {
			list = append(list, c)
		}
	}
	return list
}

// distant says whether some way takes time by itself.
func distant(top record.Topology) bool {
	return slices.ContainsFunc(top.Links, func(l record.Link) bool { return l.Ends[0].Delay > 0 })
}

// servedBy has a cell for each site: when it served the client, and how far away.
func servedBy(c timeline.Client, sites []string) []page.Cell {
	texts := make([]string, len(sites))
	for _, e := range []struct {
		when     string
		answered map[string]string
		trip     float64
	}{
		{"before", c.Before.AnsweredBy, millis(c.RoundTrip.Before)},
		{"after", c.Broken.AnsweredBy, millis(c.RoundTrip.After)},
		{"healed", c.Mended.AnsweredBy, millis(c.RoundTrip.Healed)},
	} {
		for i, site := range sites {
			if !slices.Contains(strings.Split(nodes(e.answered), timeline.Together), site) {
				continue
			}
			if texts[i] != "" {
				texts[i] += ", "
			}
			texts[i] += e.when + " " + words.Milliseconds(e.trip)
		}
	}
	return page.Texts(texts...)
}
