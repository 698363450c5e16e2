package reports

import (
	"fmt"
	"slices"

	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// alert reads when Prometheus first saw the fault, or first raised an alert.
func alert(firing bool) func(*timeline.Failover) (bounded, bool) {
	return func(f *timeline.Failover) (bounded, bool) {
		at := slices.IndexFunc(f.Alerts, func(a timeline.Alert) bool { return a.Firing == firing })
		if at < 0 {
			return bounded{}, false
		}
		return exactly(millis(f.Alerts[at].At.Sub(f.Broken.Zero))), true
	}
}

// pager shows when whoever watches Prometheus knew, beside what users saw.
func (p cellReport) pager() []page.Section {
	m := p.watched
	if m == nil || len(p.good) == 0 {
		return nil
	}
	s := page.Section{Title: "When the pager knew", Head: []string{"what", "seen in", "median"}}
	rows := []pagerRow{
		p.taken("the lab detects it", "detection"), p.taken("users are served elsewhere", "switch"),
		p.taken("a scrape shows it", "seen"), p.taken("an alert fires", "alerted"),
	}
	moved, alerted := rows[1].times, rows[3].times
	for _, rule := range p.rules() {
		rows = append(rows, p.fired(rule))
	}
	longest := 0.0
	for _, r := range rows {
		if len(r.values) > 0 {
			longest = max(longest, r.median())
		}
	}
	for _, r := range rows {
		s.Rows = append(s.Rows, r.cells(len(p.good), longest))
	}
	s.Notes = []string{fmt.Sprintf("medians of the times after the fault; Prometheus on %s scrapes and evaluates every %s, an alert's condition must hold for %s; a scrape shows something once it has ended",
		m.On, words.Duration(m.Scrape), words.Duration(m.For)), knew(moved, alerted)}
	return []page.Section{s}
}

// pagerRow is something that happened in some of the trials.
type pagerRow struct {
	name string
	times
}

// taken is a metric, where it was seen to come to an end.
func (p cellReport) taken(name, of string) pagerRow {
	r := pagerRow{name: name}
	m, _ := metricOf(of)
	for i := range p.good {
		if v, ok := m.of(&p.good[i]); ok && stats.Finite(v.value) {
			r.times = r.with(Number(v.value), false)
		}
	}
	return r
}

// fired is a rule's first alert.
func (p cellReport) fired(rule string) pagerRow {
	r := pagerRow{name: rule + " fires"}
	for _, f := range p.good {
		if i := slices.IndexFunc(f.Alerts, func(a timeline.Alert) bool { return a.Firing && a.Rule == rule }); i >= 0 {
			r.times = r.with(Number(millis(f.Alerts[i].At.Sub(f.Broken.Zero))), false)
		}
	}
	return r
}

// rules are those that fired in any trial, sorted.
func (p cellReport) rules() []string {
	var list []string
	for _, f := range p.good {
		for _, a := range f.Alerts {
			if a.Firing {
				list = append(list, a.Rule)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// knew says for how long users had been moved before anybody knew.
func knew(moved, alerted times) string {
	switch {
	case len(alerted.values) == 0:
		return "no alert fired before the fault was healed: nobody was told"
	case len(moved.values) == 0:
		return "users were not served elsewhere; somebody was told after " + words.Milliseconds(alerted.median())
	}
	return fmt.Sprintf("users had been moved for %s before anybody was told", words.Milliseconds(alerted.median()-moved.median()))
}

// median is in milliseconds.
func (d times) median() float64 { return 1000 * stats.Summarise(d.values, d.open).Median }

func (r pagerRow) cells(of int, longest float64) []page.Cell {
	n := len(r.values)
	bar := page.Cell{Text: "never", Kind: page.Bar}
	if n > 0 {
		bar.Text = words.Milliseconds(r.median())
		bar.Part = max(0, r.median()/max(longest, 1))
	}
	return append(page.Texts(r.name, words.Of(n, of, "trial")), bar)
}
