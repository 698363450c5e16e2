package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"anylab/lab/record"
	"anylab/reports/page"
	wording "anylab/reports/words"
)

// labView is what a screen shows of a lab by hand.
type labView struct{ *sight }

// lines are as many as there is room for: what can be spared goes last.
func (v labView) lines(width, height int) []line {
	now := record.Now()
	head := fmt.Sprintf("%s: %s, %s for %s  (q ends)", v.lab.Name, v.lab.Of, v.lab.State, ago(v.lab.Since))
	if v.missed > 0 {
		head += fmt.Sprintf(", %d events missed", v.missed)
	}
	answers := strips{v.meter, v.topology.Of(record.AnycastNode)}.lines(now, width)
	room := max(2, (height-len(answers)-eventsShown-6)/2)
	state := slices.Concat(v.broken(now), some(v.sessionLines(), room, "session"), some(v.routeLines(), room, "route"))
	return joined(uncoloured(head), answers, uncoloured(aligned(state, width)...), uncoloured(lastSaid(v.said, now)...))
}

// some are the first rows, and how many more there are.
func some(rows [][]string, room int, what string) [][]string {
	if len(rows) <= room {
		return rows
	}
	return append(rows[:room-1:room-1], []string{"", "", fmt.Sprintf("and %s more", wording.Count(len(rows)-room+1, what))})
}

// aligned are rows in columns.
func aligned(rows [][]string, width int) (list []string) {
	for _, lines := range page.Columns(rows, nil, width) {
		list = append(list, lines...)
	}
	return list
}

func (v labView) broken(now record.Time) (rows [][]string) {
	for _, e := range v.faults {
		f, _ := e.Data.(record.Fault) // there is nothing else
		rows = append(rows, []string{"broken", strings.Join(f.On, "-"), fmt.Sprintf("%s, for %s", f.Kind, now.Sub(e.At).Round(time.Second))})
	}
	return rows
}

func (v labView) sessionLines() (rows [][]string) {
	for _, s := range v.sessions() {
		state := "BGP " + upDown(v.meter.Sessions[s])
		if bfd, ok := v.meter.BFD[s]; ok {
			state += ", BFD " + upDown(bfd)
		}
		if v.dark[[2]string{s.A, s.B}] || v.dark[[2]string{s.B, s.A}] {
			state += ", no carrier"
		}
		if s.Family == record.IPv6 {
			state += " (IPv6)"
		}
		rows = append(rows, []string{"session", s.A + "-" + s.B, state})
	}
	return rows
}

func upDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

func (v labView) routeLines() (rows [][]string) {
	for _, r := range v.routes() {
		rows = append(rows, []string{"route", r.Node, r.Prefix.String() + " " + leads(v.meter.Hops[r])})
	}
	return rows
}

// leads says where a route leads.
func leads(hops []record.Hop) string {
	var names []string
	for _, h := range hops {
		switch {
		case h.Node != "":
			names = append(names, h.Node)
		case h.Dev != "":
			names = append(names, h.Dev)
		}
	}
	if len(names) == 0 {
		return "leads nowhere"
	}
	return "to " + strings.Join(names, ", ")
}
