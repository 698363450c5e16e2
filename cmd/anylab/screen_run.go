package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/live"
	"anylab/reports/page"
	"anylab/reports/stats"
	wording "anylab/reports/words"
)

// runView is what a screen shows of a run.
type runView struct {
	*screen
	now record.Time
}

// lines are as many as there is room for: what can be spared goes first.
func (v runView) lines(width, height int) []line {
	about := v.live.Planned()
	head := fmt.Sprintf("%s: %s", about.Scenario, v.progress())
	parts := [][]line{
		uncoloured(head), uncoloured(v.steps...), v.strips(width), uncoloured(v.stages()...), uncoloured(v.soFar()...), uncoloured(v.said()...),
	}
	var all []line
	for i, part := range parts {
		if i > 1 && len(part) > 0 {
			all = append(all, line{})
		}
		all = append(all, part...)
	}
	for i := range all {
		all[i].text = cut(page.Line(all[i].text), width)
	}
	return all[:min(len(all), height)]
}

func uncoloured(list ...string) (lines []line) {
	for _, text := range list {
		lines = append(lines, line{text: text})
	}
	return lines
}

// cut keeps what fits.
func cut(text string, width int) string {
	if signs := []rune(text); len(signs) > width {
		return string(signs[:max(0, width-1)]) + "…"
	}
	return text
}

// progress says how far it is, and how long it will take.
func (v runView) progress() string {
	if v.total == 0 {
		return "no trial yet"
	}
	text := fmt.Sprintf("%d of %s", v.done, wording.Count(v.total, "trial"))
	if v.done < v.total && v.done > 0 {
		left := time.Since(v.started) * time.Duration(v.total-v.done) / time.Duration(v.done)
		text += ", about " + about(left) + " left"
	}
	return text
}

// clientsShown is how many clients are shown.
const clientsShown = 8

// strips show who answered each client of late.
func (v runView) strips(width int) (list []line) {
	m := v.live.Meter
	var asked []live.Asked
	longest := 0
	for a := range m.Strips {
		asked = append(asked, a)
	}
	slices.SortFunc(asked, func(a, b live.Asked) int {
		return cmp.Or(strings.Compare(a.Client, b.Client), strings.Compare(a.Service, b.Service))
	})
	more := max(0, len(asked)-clientsShown)
	asked = asked[:len(asked)-more]
	for _, a := range asked {
		longest = max(longest, len(a.Client)+1+len(a.Service))
	}
	longest = min(longest, width/3)
	sites := v.sites()
	for _, a := range asked {
		l := line{text: fmt.Sprintf("%-*s  ", longest, cut(a.Client+" "+a.Service, longest))}
		for _, site := range m.Strips[a].Sites(v.now.Add(-settled), width-longest-2) {
			l.tiles = append(l.tiles, v.tile(site, sites))
		}
		list = append(list, l)
	}
	if more > 0 {
		list = append(list, line{text: fmt.Sprintf("and %s more", wording.Count(more, "client"))})
	}
	if len(list) > 0 {
		list = append(list, line{text: strings.Repeat(" ", longest+2) + v.legend(sites)})
	}
	return list
}

// settled is how old the newest answers are that are shown: younger ones have yet to
// come out of the record.
const settled = record.KeepEvery + lookEvery

// sites are those that can answer.
func (v runView) sites() []string {
	var list []string
	if x := v.live.Planned().Experiment; x != nil {
		list = x.Topology.Of(record.AnycastNode)
	}
	return list
}

// tile shows a site by the first sign of its name, or by a number where that is not
// its alone.
func (v runView) tile(site string, sites []string) tile {
	switch i := slices.Index(sites, site); {
	case site == live.Unknown:
		return tile{' ', -1}
	case site == live.None || site == live.Some:
		return tile{rune(site[0]), -1}
	case i < 0:
		return tile{'?', -1}
	default:
		return tile{sign(sites, i), i % 6}
	}
}

// sign stands for a site.
func sign(sites []string, i int) rune {
	first := []rune(sites[i])[0]
	for k, other := range sites {
		if k != i && []rune(other)[0] == first {
			return '1' + rune(i%9)
		}
	}
	return first
}

func (v runView) legend(sites []string) string {
	var list []string
	for i, site := range sites {
		if s := string(sign(sites, i)); s != site {
			list = append(list, s+" "+site)
		}
	}
	return strings.Join(append(list, "- lost", "~ some lost", fmt.Sprintf("a sign is %s", wording.Duration(live.Slot))), "  ")
}

// stages are those of the trial that goes on, as far as they have been seen.
func (v runView) stages() []string {
	t := v.live.Current
	if t == nil || t.Fault == "" {
		return nil
	}
	list := []string{fmt.Sprintf("%s on %s: %s", t.Fault, t.On, v.live.Phase)}
	seen := t.Passage
	if t.Failback != nil {
		seen = *t.Failback
	}
	for _, name := range wording.Stages {
		if at := seen.Stage(name); at != nil {
			list = append(list, fmt.Sprintf("  %-13s %9s  %s", wording.Moment(name), wording.Milliseconds(float64(*at)), seen.Evidence[string(name)]))
		}
	}
	return list
}

// cellsShown is how many cells are shown.
const cellsShown = 4

// soFar is what the trials that have ended come to.
func (v runView) soFar() (list []string) {
	res := v.live.Result
	for _, s := range res.Summary {
		if s.Metric == "outage" && len(list) < cellsShown {
			list = append(list, fmt.Sprintf("%soutage: median %s%s, %s", wording.In(s.Cell),
				wording.Milliseconds(float64(s.Median)), interval(s), wording.Count(s.N, "conclusive trial")))
		}
	}
	if left := len(res.Trials) - trusted(res); left > 0 {
		list = append(list, wording.Count(left, "trial")+" left out: inconclusive")
	}
	for _, e := range res.Verdicts {
		state := "holds so far"
		switch {
		case e.Failed():
			state = "FAILS"
		case !e.OK:
			state = "undecided"
		}
		if state != "holds so far" || len(res.Verdicts) <= cellsShown {
			list = append(list, fmt.Sprintf("%s%s: %s, %s", wording.In(e.Cell), e.Expect, e.Value, state))
		}
	}
	return list
}

// interval is that of the median; empty where so few trials give none.
func interval(s reports.Summary) string {
	low, high := float64(s.CI95[0]), float64(s.CI95[1])
	if !stats.Finite(low) || !stats.Finite(high) {
		return ""
	}
	return fmt.Sprintf(" (95 %%: %s)", wording.Span(low, high))
}

func trusted(res reports.Result) (n int) {
	for _, t := range res.Trials {
		if t.Status == reports.OK || t.Status == reports.NotRestored {
			n++
		}
	}
	return n
}

// eventsShown is how many of the last events are shown, where there is room.
const eventsShown = 5

// said are the last events.
func (v runView) said() (list []string) {
	for _, s := range v.live.Said[max(0, len(v.live.Said)-eventsShown):] {
		list = append(list, fmt.Sprintf("%6.1fs ago  %s", v.now.Sub(s.At).Seconds(), s.Text))
	}
	return list
}
