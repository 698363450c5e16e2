package reports

import (
	"cmp"
	"fmt"
	"slices"

	"anylab/reports/page"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// fewTrials is up to how many trials a summary shows each one.
const fewTrials = 12

// moments are the stages after the fault that the row of every trial has.
var moments = []timeline.StageName{timeline.Detect, timeline.Withdraw, timeline.Receive, timeline.Install, timeline.Restore}

// columns returns the stages that the rows of the trials have: those that few
// networks have get a column where a trial has them.
func columns(trials []Trial) []timeline.StageName {
	return slices.DeleteFunc(slices.Concat(words.Stages, words.Watched), func(m timeline.StageName) bool {
		seen := func(t Trial) bool { return *t.Stages.of(m) != nil }
		return !slices.Contains(moments, m) && !slices.ContainsFunc(trials, seen)
	})
}

// trialSections have a row for each trial of a cell: when each stage was seen.
func trialSections(s sheet) []page.Section {
	var list []page.Section
	for _, p := range s.cells {
		t := page.Section{Title: "Trials", Head: []string{"trial", "status", "outage", "the truth lies in"}, Detail: len(p.trials) > fewTrials || s.brief && !p.failed()}
		if p.name != "" {
			t.Title += ": " + p.name
		}
		shown := columns(p.trials)
		for _, m := range shown {
			t.Head = append(t.Head, words.Moment(m))
		}
		t.Head = append(t.Head, "answered by")
		for _, trial := range p.trials {
			t.Rows = append(t.Rows, trial.row(shown))
		}
		if len(shown) > 0 {
			t.Notes = []string{"the columns named \"at\" are moments after the " + p.firstOf() + "fault took effect; how long each stage lasted is in the tables of stages"}
		}
		list = append(list, t)
	}
	return list
}

// firstOf says which fault the moments count from, where there are several.
func (p cellReport) firstOf() string {
	if slices.ContainsFunc(p.good, func(f timeline.Failover) bool { return len(f.Faults) > 1 }) {
		return "first "
	}
	return ""
}

func (t Trial) row(shown []timeline.StageName) []page.Cell {
	row := append(page.Numbers(fmt.Sprint(t.Index+1)), t.Status.badge())
	if t.Outage.High == nil {
		row = append(row, page.Numbers(words.Unbounded(float64(t.Outage.Value), t.Outage.EndedBy), "")...)
	} else {
		row = append(row, page.Numbers(words.Milliseconds(float64(t.Outage.Value)), words.Span(float64(t.Outage.Low), float64(*t.Outage.High)))...)
	}
	for _, m := range shown {
		text := "-"
		if v := *t.Stages.of(m); v != nil {
			text = words.Milliseconds(float64(*v)) + doubt(float64(*v), t.Bounds[string(m)])
		}
		row = append(row, page.Numbers(text)...)
	}
	return append(row, page.Texts(answersText(t))...)
}

// badge shows a status to people.
func (s Status) badge() page.Cell {
	c := page.Cell{Text: string(s), Kind: page.Badge, Tone: page.Good}
	switch s {
	case NotRestored:
		c.Text, c.Tone = words.NotRestored, page.Bad
	case Doubtful, Untouched:
		c.Tone = page.Doubtful
	}
	return c
}

// fewBetween is up to how many answering sites are named between the first and the last.
const fewBetween = 5

// answersText writes who answered: "a > b > a", "a > nobody > a", of several faults
// "a > b > c > a", and whether traffic did not come back: "a > b > b, failback: no". A
// trial that ended early may not tell who did before.
func answersText(t Trial) string {
	text := t.AnsweredBy.Before
	for _, n := range append(t.servedBetween(), t.servedAfter(), t.servedHealed()) {
		if t.Fault == "" || n == "" {
			continue
		}
		if text == "" {
			text = "?"
		}
		text += " > " + n
	}
	if t.Failback != nil && !*t.Failback.Restored {
		text += ", failback: no"
	}
	return text
}

func (t Trial) servedBetween() []string {
	var list []string
	for i, n := range t.AnsweredBy.Between {
		if more := len(t.AnsweredBy.Between) - i; i == fewBetween && more > 1 {
			return append(list, fmt.Sprintf("%d more", more))
		}
		list = append(list, cmp.Or(n, "nobody"))
	}
	return list
}

func (t Trial) servedAfter() string {
	if t.AnsweredBy.After == "" && t.AnsweredBy.Before != "" && t.Probes.Sent > 0 {
		return t.unnamed("rtt_after")
	}
	return t.AnsweredBy.After
}

func (t Trial) servedHealed() string {
	if t.AnsweredBy.Healed == "" && t.AnsweredBy.Before != "" && t.Failback != nil && t.Failback.Probes.Sent > 0 {
		return t.unnamed("rtt_healed")
	}
	return t.AnsweredBy.Healed
}

// unnamed says who served where no name was told, by the metric that somebody's
// answers have.
func (t Trial) unnamed(answered string) string {
	if _, ok := t.Metrics[answered]; ok {
		return "?"
	}
	return "nobody"
}

// outageText writes an outage with its bounds: "3.0 ms (2.0 to 4.0 ms)".
func outageText(i Interval) string {
	if i.High == nil {
		return words.Unbounded(float64(i.Value), i.EndedBy)
	}
	return fmt.Sprintf("%s (%s)", words.Milliseconds(float64(i.Value)), words.Span(float64(i.Low), float64(*i.High)))
}
