package reports

import (
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// watchedFor are what the rules ask, in words.
var watchedFor = []struct{ rule, says string }{
	{record.RuleSession, "a session is down"},
	{record.RuleRoutes, "too few routes"},
	{record.RuleUnreachable, "nobody answers"},
	{record.RuleTarget, "no exporter answers"},
}

// blindSection shows, where several cells are watched by a Prometheus, what shows in
// it in each.
func blindSection(s sheet) []page.Section {
	t := page.Section{Title: "Which fault shows where", Head: []string{"", "users"}}
	for _, a := range watchedFor {
		t.Head = append(t.Head, a.says)
	}
	t.Head = append(t.Head, "an alert fires after")
	var unshown []string
	for _, p := range s.cells {
		if p.watched == nil || len(p.good) == 0 {
			continue
		}
		t.Rows = append(t.Rows, p.shows())
		if p.shown(record.RuleSession)+p.shown(record.RuleRoutes) == 0 {
			unshown = append(unshown, p.name)
		}
	}
	if len(t.Rows) < 2 {
		return nil
	}
	t.Notes = []string{"in how many trials a scrape showed it before the fault was healed; medians of the times after the fault"}
	if len(unshown) > 0 {
		t.Notes = append(t.Notes, "no metric of a session or its routes showed anything of: "+strings.Join(unshown, "; "))
	}
	return []page.Section{t}
}

// shows is the row of a cell.
func (p cellReport) shows() []page.Cell {
	row := page.Texts(p.name, p.users())
	for _, a := range watchedFor {
		text := "no"
		if n := p.shown(a.rule); n > 0 {
			text = words.Of(n, len(p.good), "trial")
		}
		row = append(row, page.Texts(text)...)
	}
	alerted := p.taken("", "alerted").times
	if len(alerted.values) == 0 {
		return append(row, page.Numbers("never")...)
	}
	return append(row, page.Numbers(words.Milliseconds(alerted.median()))...)
}

// shown counts the trials in which a scrape showed what the rule asks.
func (p cellReport) shown(rule string) (n int) {
	for _, f := range p.good {
		if slices.ContainsFunc(f.Alerts, func(a timeline.Alert) bool { return a.Rule == rule }) {
			n++
		}
	}
	return n
}

// users says what became of them.
func (p cellReport) users() string {
	cut, moved := typical("interruption", p.good).Median, p.taken("", "switch").times
	switch {
	case len(moved.values) > 0:
		return "moved after " + words.Milliseconds(moved.median())
	case cut > 0:
		return "cut off for " + words.Milliseconds(cut)
	}
	return "lost nothing"
}
