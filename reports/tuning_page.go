package reports

import (
	"fmt"
	"slices"
	"strings"

	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// Page lays the tuning out: the answer first.
func (t *Tuning) Page() page.Page {
	p := page.Page{Title: "Timers of " + t.Scenario, Verdict: page.Cell{Text: "found", Kind: page.Badge, Tone: page.Good}, Lead: t.Goal}
	switch {
	case t.Unsure:
		p.Verdict.Text, p.Verdict.Tone = "not confirmed", page.Doubtful
	case !t.Found:
		p.Verdict.Text, p.Verdict.Tone = "nothing meets the goal", page.Bad
	}
	if t.cutShort() {
		p.Verdict.Text, p.Verdict.Tone = p.Verdict.Text+", cut short", page.Doubtful
	}
	p.Sections = append(append([]page.Section{t.answerSection()}, t.stressSections()...), t.pasteSection(), page.Section{Title: "What this does not say", Notes: t.Notes})
	return p
}

// answerSection has the answer beside what is next slower, what else was tried in the
// lab, and what vendors allow.
func (t *Tuning) answerSection() page.Section {
	list := page.Section{Title: t.Says, Picture: figure.TuningName + ".svg",
		Head: []string{"", "setting", "simulated", "in the lab", "trials", "margin of the upper end", "false failovers, worst stress", "in the lab at most"}}
	slower := t.Slower()
	for i := range t.Settings {
		s := &t.Settings[i]
		what := s.Vendor
		switch {
		case i == 0 && t.Found:
			what = "answer"
		case i == 0:
			what = "nearest"
		case s == slower:
			what = "next slower"
		case s.Lab != nil:
			what = "tried"
		}
		if what != "" {
			list.Rows = append(list.Rows, t.row(what, s))
		}
		if i == 0 && t.Found && slower == nil {
			list.Rows = append(list.Rows, page.Texts("next slower", "none was tried: the ranges end here"))
		}
	}
	return list
}

func (t *Tuning) row(what string, s *Setting) []page.Cell {
	lab, trials, held := "-", "-", s.Simulated
	if s.Lab != nil {
		lab, trials, held = s.Lab.String(), fmt.Sprint(s.Lab.Trials), *s.Lab
	}
	margin := "-"
	if left := t.goal.Value - float64(held.High); stats.Finite(left) {
		margin = words.Milliseconds(left)
		if !held.Meets {
			margin += ", not met"
		}
	}
	worst := perTime(s.Worst)
	if s.WorstOf != "" {
		worst += " (" + s.WorstOf + ")"
	}
	most := "not tried"
	if hours, alarms := s.endured(); hours > 0 {
		most = perTime(stats.MostEvents(alarms) / hours)
	}
	return append(page.Texts(what, s.Name()), page.Numbers(s.Simulated.String(), lab, trials, margin, worst, most)...)
}

// endured is what all stresses of the lab come to together.
func (s *Setting) endured() (hours float64, alarms int) {
	for _, e := range s.Stress {
		if e.Lab != nil {
			hours, alarms = hours+e.Lab.Hours, alarms+e.Lab.Alarms
		}
	}
	return hours, alarms
}

// stressSections say how the first setting, and whatever else was stressed in the lab,
// endured it.
func (t *Tuning) stressSections() []page.Section {
	var list []page.Section
	for i := range t.Settings {
		s := &t.Settings[i]
		if hours, _ := s.endured(); i > 0 && hours == 0 {
			continue
		}
		one := page.Section{Title: "Under stress: " + s.Name(), Head: []string{"stress", "false failovers, computed", "counted in the lab", "so at most"}}
		for _, e := range s.Stress {
			one.Rows = append(one.Rows, e.row())
		}
		list = append(list, one)
	}
	return list
}

func (e Endured) row() []page.Cell {
	computed, counted, most := "not without a lab", "not tried", "-"
	if e.Computed != nil {
		computed = perTime(*e.Computed)
		if e.Gaps > 0 {
			computed += " (" + words.Count(e.Gaps, "gap") + " of the lab)"
		}
	}
	if e.Note != "" {
		counted = e.Note
	}
	if e.Lab != nil {
		counted = fmt.Sprintf("%d in %s", e.Lab.Alarms, words.Milliseconds(e.Lab.Hours*3600_000))
		most = perTime(e.Lab.Most)
	}
	return append(page.Texts(e.Stress), page.Numbers(computed, counted, most)...)
}

// pasteSection has the lines to paste.
func (t *Tuning) pasteSection() page.Section {
	list := page.Section{Title: "To paste", Head: []string{"where", "lines"}}
	for _, l := range t.Paste {
		for i, line := range strings.Split(strings.TrimRight(l.Text, "\n"), "\n") {
			where := ""
			if i == 0 {
				where = strings.TrimSpace(l.Node + " " + l.File)
			}
			list.Rows = append(list.Rows, []page.Cell{{Text: where}, {Text: line, Kind: page.Code}})
		}
	}
	return list
}

// figure is what the figure shows.
func (t *Tuning) figure() figure.Tuning {
	in := figure.Tuning{Title: t.Scenario + ": how fast is safe?", Subtitle: "each dot is a setting: how long users are cut off, and how often a failover is a false alarm",
		Outage: t.subject(), Goal: figure.Limit{Expect: t.Goal, MS: t.goal.Value}}
	for i, s := range t.Settings {
		one := figure.Setting{MS: float64(s.Simulated.Value), PerHour: s.Worst, Meets: s.Meets(), Vendor: s.Vendor != "", Answer: i == 0 && t.Found}
		one.Label, _, _ = strings.Cut(s.Vendor, ":")
		if s.Lab != nil {
			one.Low, one.High = float64(s.Lab.Low), float64(s.Lab.High)
			one.MS = float64(s.Lab.Value)
		}
		if one.Answer {
			one.Label = s.Name()
		}
		in.Settings = append(in.Settings, one)
	}
	slices.Reverse(in.Settings) // the answer is drawn last
	return in
}
