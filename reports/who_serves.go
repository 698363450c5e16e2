package reports

import (
	"fmt"
	"math"
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

// phase is a part of a trial, as one client saw it.
type phase struct {
	when     string
	answered map[string]string
	trip     float64 // ms
}

// servedBy has a cell for each site: when it served the client, and how far away.
func servedBy(c timeline.Client, sites []string) []page.Cell {
	phases := []phase{
		{"before", c.Before.AnsweredBy, millis(c.RoundTrip.Before)},
		{"after", c.Broken.AnsweredBy, millis(c.RoundTrip.After)},
		{"healed", c.Mended.AnsweredBy, millis(c.RoundTrip.Healed)},
	}
	var texts []string
	for _, site := range sites {
		var own []phase
		for _, p := range phases {
			if slices.Contains(strings.Split(nodes(p.answered), timeline.Together), site) {
				own = append(own, p)
			}
		}
		texts = append(texts, said(own))
	}
	return page.Texts(texts...)
}

// alike is by how much round trips may differ, as a share, or absolutely in ms, that
// are said as one.
const alike, alikeMS = 0.05, 1

// said names phases and their round trip: once, if it was about the same.
func said(own []phase) string {
	var names, each []string
	low, high := math.Inf(1), 0.0
	for _, p := range own {
		names = append(names, p.when)
		each = append(each, p.when+" "+words.Milliseconds(p.trip))
		low, high = min(low, p.trip), max(high, p.trip)
	}
	switch {
	case len(own) < 2 || high-low > max(alikeMS, alike*high):
		return strings.Join(each, ", ")
	case len(own) == 3:
		return "all along " + words.Milliseconds(own[0].trip)
	}
	return strings.Join(names, ", ") + " " + words.Milliseconds(own[0].trip)
}
