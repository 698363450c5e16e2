package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/live"
	wording "anylab/reports/words"
)

// clientsShown is how many clients are shown.
const clientsShown = 8

// strips show who answered each client of late.
type strips struct {
	*live.Meter
	sites []string // that can answer
}

func (s strips) lines(now record.Time, width int) (list []line) {
	var asked []live.Asked
	longest := 0
	for a := range s.Strips {
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
	for _, a := range asked {
		l := line{text: fmt.Sprintf("%-*s  ", longest, cut(a.Client+" "+a.Service, longest))}
		for _, site := range s.Strips[a].Sites(now.Add(-settled), width-longest-2) {
			l.tiles = append(l.tiles, s.tile(site))
		}
		list = append(list, l)
	}
	if more > 0 {
		list = append(list, line{text: fmt.Sprintf("and %s more", wording.Count(more, "client"))})
	}
	if len(list) > 0 {
		list = append(list, line{text: strings.Repeat(" ", longest+2) + s.legend()})
	}
	return list
}

// settled is how old the newest answers are that are shown: younger ones have yet to
// come out of the record.
const settled = record.KeepEvery + lookEvery

// tile shows a site by the first sign of its name, or by a number where that is not
// its alone.
func (s strips) tile(site string) tile {
	switch i := slices.Index(s.sites, site); {
	case site == live.Unknown:
		return tile{' ', -1}
	case site == live.None || site == live.Some:
		return tile{rune(site[0]), -1}
	case i < 0:
		return tile{'?', -1}
	default:
		return tile{s.sign(i), i % 6}
	}
}

// sign stands for a site.
func (s strips) sign(i int) rune {
	first := []rune(s.sites[i])[0]
	for k, other := range s.sites {
		if k != i && []rune(other)[0] == first {
			return '1' + rune(i%9)
		}
	}
	return first
}

func (s strips) legend() string {
	var list []string
	for i, site := range s.sites {
		if sign := string(s.sign(i)); sign != site {
			list = append(list, sign+" "+site)
		}
	}
	return strings.Join(append(list, "- lost", "~ some lost", fmt.Sprintf("a sign is %s", wording.Duration(live.Slot))), "  ")
}

// eventsShown is how many of the last events are shown, where there is room.
const eventsShown = 5

// lastSaid are the last events.
func lastSaid(said []reports.Said, now record.Time) (list []string) {
	for _, s := range said[max(0, len(said)-eventsShown):] {
		list = append(list, fmt.Sprintf("%6.1fs ago  %s", now.Sub(s.At).Seconds(), s.Text))
	}
	return list
}
