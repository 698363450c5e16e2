package reports

import (
	"fmt"
	"io"
	"math"
	"strings"

	"anylab/reports/words"
)

var suiteHead = []string{"", "scenario", "trials", "outage", "switch", "failback", "remarks"}

// rows are the members as suiteHead has them.
func (s *Suite) rows() [][]string {
	var rows [][]string
	for _, m := range s.Result.Members {
		rows = append(rows, []string{string(m.Verdict), m.Scenario, fmt.Sprintf("%d of %d", m.Conclusive, m.Trials),
			maybe(m.Outage, words.NotRestored), maybe(m.Switch, "none"), maybe(m.Failback, words.NotRestored), m.remarks()})
	}
	return rows
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

func (s *Suite) headline() string {
	count := map[Outcome]int{}
	for _, m := range s.Result.Members {
		count[m.Verdict]++
	}
	text := fmt.Sprintf("%s: %d of %d scenarios pass", s.Result.Suite, count[Pass], len(s.Result.Members))
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

// Table writes a summary for a terminal: the verdict first.
func (s *Suite) Table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n\n", strings.ToUpper(string(s.Result.Verdict)), s.headline())
	columnsOf(&b, func(t io.Writer) {
		for _, row := range append([][]string{suiteHead}, s.rows()...) {
			fmt.Fprintln(t, strings.Join(row, "\t"))
		}
	})
	_, err := io.WriteString(w, b.String())
	return err
}

// Markdown writes the suite's report, with links to its members'.
func (s *Suite) Markdown(w io.Writer) error { return s.markdown(w, true) }

// Overview writes the suite's report for a place from where no links lead to
// its members'.
func (s *Suite) Overview(w io.Writer) error { return s.markdown(w, false) }

func (s *Suite) markdown(w io.Writer, links bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n%s.\n", s.Result.Suite, s.Result.Verdict, s.headline())
	if s.Result.Summary != "" {
		fmt.Fprintf(&b, "\n> %s\n", s.Result.Summary)
	}
	rows := s.rows()
	table(&b, "", suiteHead, len(rows), func(i int) []string {
		row := rows[i]
		if links && s.Reports[i] != nil {
			row[1] = fmt.Sprintf("[%s](%s/report.md)", row[1], s.Result.Members[i].Dir)
		}
		return row
	})
	b.WriteString("\nTimes are medians over the conclusive trials: outage and switch after the fault, failback after its healing.\n")
	cases := s.cases()
	table(&b, "RFC 7747", caseHead, len(cases), func(i int) []string { return cases[i] })
	if len(s.Result.Notes) > 0 {
		fmt.Fprintf(&b, "\n## Left out\n\n- %s\n", strings.Join(s.Result.Notes, "\n- "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var caseHead = []string{"test case", "", "full convergence, s", "accuracy", "loss-derived, s", "RIB-IN, s", "RIB-OUT, s"}

// cases are the members' results in the words of RFC 7747, for those that have
// them: a line for the event and one for its reversion.
func (s *Suite) cases() [][]string {
	var rows [][]string
	for _, r := range s.Reports {
		if r == nil {
			continue
		}
		for _, sec := range r.Result.RFC7747 {
			name := strings.TrimPrefix(sec.title(), "RFC 7747, test case ")
			rows = append(rows, caseRow(name, "event", sec.Event), caseRow("", "reversion", sec.Reversion))
		}
	}
	return rows
}

func caseRow(name, what string, list []Benchmark) []string {
	row := []string{name, what, "-", "-", "-", "-", "-"}
	for _, b := range list {
		cells := b.cells()
		switch b.Name {
		case fullTime:
			row[2], row[3] = cells[2], cells[3]
		case derivedTime:
			row[4] = cells[2]
		case ribInTime:
			row[5] = cells[2]
		case ribOutTime:
			row[6] = cells[2]
		}
	}
	return row
}
