package reports

import (
	"fmt"
	"io"
	"math"
	"strings"

	"anylab/reports/page"
	"anylab/reports/words"
)

// Page lays the suite out, with or without links to the reports of its members.
func (s *Suite) Page(links bool) page.Page {
	p := page.Page{Title: s.Result.Suite, Verdict: s.Result.Verdict.badge(), Lead: s.lead(), Quote: s.Result.Summary}
	p.Sections = []page.Section{s.members(links), s.cases(), {Title: "Left out", Notes: s.Result.Notes, Detail: true}}
	return p
}

func (s *Suite) members(links bool) page.Section {
	t := page.Section{Head: []string{"", "scenario", "trials", "outage", "switch", "failback", "remarks"},
		Notes: []string{"times are medians over the conclusive trials: outage and switch after the fault, failback after its healing"}}
	for i, m := range s.Result.Members {
		name := page.Cell{Text: m.Scenario}
		if links && s.Reports[i] != nil {
			name.Link = m.Dir + "/report"
		}
		row := append([]page.Cell{m.Verdict.badge(), name}, page.Numbers(fmt.Sprintf("%d of %d", m.Conclusive, m.Trials),
			maybe(m.Outage, words.NotRestored), maybe(m.Switch, "none"), maybe(m.Failback, words.NotRestored))...)
		t.Rows = append(t.Rows, append(row, page.Cell{Text: m.remarks()}))
	}
	return t
}

func (m MemberResult) remarks() string {
	var parts []string
	if len(m.Failed) > 0 {
		what := "not so: "
		if m.Verdict == Inconclusive {
			what = "not judged: "
		}
		parts = append(parts, what+strings.Join(m.Failed, "; "))
	}
	if m.Err != "" {
		parts = append(parts, m.Err)
	}
	if m.Idle {
		parts = append(parts, "this shard has no trial of it")
	}
	return strings.Join(parts, "; ")
}

// maybe writes a time that may be absent; never stands for one that was not
// reached.
func maybe(n *Number, never string) string {
	if n == nil {
		return "-"
	}
	if math.IsInf(float64(*n), 1) {
		return never
	}
	return words.Milliseconds(float64(*n))
}

func (s *Suite) lead() string {
	count := map[Outcome]int{}
	for _, m := range s.Result.Members {
		count[m.Verdict]++
	}
	good, done := Pass, "passed"
	if s.Result.Shard != nil {
		good, done = Recorded, fmt.Sprintf("recorded in shard %v, which judges nothing", *s.Result.Shard)
	}
	text := words.Of(count[good], len(s.Result.Members), "scenario") + " " + done
	for _, o := range []Outcome{Fail, Inconclusive, Unavailable, NotRun} {
		if n := count[o]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, o)
		}
	}
	if o := s.Result.Outcome; o != "completed" && o != "" {
		text += " (ended early: " + o + ")"
	}
	return text
}

// Terminal writes a summary of the suite in dir for a terminal of so many
// columns, 0 for one that is as wide as it takes: the verdict first.
func (s *Suite) Terminal(w io.Writer, dir string, columns int) error {
	p := s.Page(false)
	p.Sections = append(p.Sections, page.Section{Rows: [][]page.Cell{page.Texts("Files", dir)}})
	return page.Terminal(w, p, columns)
}

// Markdown writes the suite's report, with links to its members'.
func (s *Suite) Markdown(w io.Writer) error { return page.Markdown(w, s.Page(true)) }

// Overview writes the suite's report for a place from where no links lead to
// its members'.
func (s *Suite) Overview(w io.Writer) error { return page.Markdown(w, s.Page(false)) }

// cases are the members' results in the words of RFC 7747, for those that have
// them: a line for the event and one for its reversion.
func (s *Suite) cases() page.Section {
	t := page.Section{Title: "RFC 7747", Detail: true,
		Head: []string{"test case", "", "full convergence, s", "accuracy", "loss-derived, s", "RIB-IN, s", "RIB-OUT, s"}}
	for _, r := range s.Reports {
		if r == nil {
			continue
		}
		for _, sec := range r.Result.RFC7747 {
			name := strings.TrimPrefix(sec.title(), "RFC 7747, test case ")
			t.Rows = append(t.Rows, caseRow(name, "event", sec.Event), caseRow("", "reversion", sec.Reversion))
		}
	}
	return t
}

func caseRow(name, what string, list []Benchmark) []page.Cell {
	full, accuracy, of := "-", "-", map[string]string{derivedTime: "-", ribInTime: "-", ribOutTime: "-"}
	for _, b := range list {
		of[b.Name] = inSeconds(b.Median)
		if b.Name == fullTime {
			full, accuracy = inSeconds(b.Median), b.accuracy()
		}
	}
	return append(page.Texts(name, what), page.Numbers(full, accuracy, of[derivedTime], of[ribInTime], of[ribOutTime])...)
}
