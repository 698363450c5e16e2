package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"anylab/lab/run"
	"anylab/reports"
	"anylab/reports/page"
	"anylab/topologies/document"
)

// printPlan lists the failures with what each takes in so many labs side by side, and
// those that don't apply with the reasons.
func printPlan(w io.Writer, form string, p *run.Plan, labs int) error {
	tries := page.Section{Head: []string{"failure", "required", "trials", "each takes", "all"}}
	trials := newLikely(p)
	for _, e := range p.Expected() {
		n := trials.of(e)
		text := fmt.Sprint(n)
		if e.TooSlow() {
			text += " or more: theory has it violated"
		}
		name := e.Label
		if len(e.Alike) > 0 {
			name += fmt.Sprintf(" (or of %s, whoever serves)", strings.Join(e.Alike, ", "))
		}
		var required []string
		for _, r := range e.Require {
			required = append(required, r.Text)
		}
		tries.Rows = append(tries.Rows, page.Texts(name, strings.Join(required, ", "), text, about(e.Each), about(time.Duration(n)*e.Each)))
	}
	side := ""
	if labs > 1 {
		side = fmt.Sprintf(" in %d labs side by side", labs)
	}
	tries.Notes = []string{
		"all of it takes about " + about(longest(p, labs, trials)) + side + ", if everything comes out as theory has it",
		"who serves whom is seen when the lab is up: then what nobody depends on is left out",
	}
	not := page.Section{Title: "Does not apply", Head: []string{"failure", "why"}}
	for _, f := range p.Validation.Failures {
		if f.Not != "" {
			not.Rows = append(not.Rows, page.Texts(f.Label, f.Not))
		}
	}
	plan := page.Page{Title: "what will be tried on " + p.Scenario.Topology.Name, Sections: []page.Section{tries, not}}
	var rows [][]string
	for _, row := range tries.Rows {
		rows = append(rows, append(texts(row), ""))
	}
	for _, row := range not.Rows {
		rows = append(rows, []string{row[0].Text, "", "", "", "", row[1].Text})
	}
	return tabulate(w, form, append(tries.Head, "why not"), rows, func() error { return page.Terminal(w, plan, terminal(w)) })
}

// likely is how many trials decide a failure if they come out as theory has it.
type likely struct{ proof, refutation int }

func newLikely(p *run.Plan) likely {
	return likely{reports.Trials(p.Validation.Validation), reports.LeastTrials(p.Validation.Validation)}
}

func (l likely) of(e run.Expected) int {
	if e.TooSlow() {
		return l.refutation
	}
	return l.proof
}

// longest is how long the lab of several takes that takes longest.
func longest(p *run.Plan, labs int, trials likely) (most time.Duration) {
	for i := range labs {
		dealt := *p
		dealt.Deal(i, labs)
		var sum time.Duration
		for _, e := range dealt.Expected() {
			sum += time.Duration(trials.of(e)) * e.Each
		}
		most = max(most, sum)
	}
	return most
}

func texts(row []page.Cell) (list []string) {
	for _, c := range row {
		list = append(list, c.Text)
	}
	return list
}

// about is a time without more digits than an estimate has.
func about(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return document.Duration(d.Round(time.Second / 10))
	case d < 2*time.Minute:
		return document.Duration(d.Round(time.Second))
	}
	if d < 10*time.Hour {
		return document.Duration(d.Round(time.Minute))
	}
	return document.Duration(d.Round(time.Hour))
}
