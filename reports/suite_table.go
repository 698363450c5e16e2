package reports

import (
	"fmt"
	"io"
	"strings"
)

var suiteHead = []string{"", "scenario", "trials", "outage", "switch", "failback", "remarks"}

// rows are the members as suiteHead has them.
func (s *Suite) rows() [][]string {
	var rows [][]string
	for _, m := range s.Result.Members {
		rows = append(rows, []string{string(m.Verdict), m.Scenario, fmt.Sprintf("%d of %d", m.Conclusive, m.Trials),
			maybe(m.Outage), maybe(m.Switch), maybe(m.Failback), m.remarks()})
	}
	return rows
}

func (m MemberResult) remarks() string {
	var parts []string
	if len(m.Failed) > 0 {
		parts = append(parts, "not so: "+strings.Join(m.Failed, "; "))
	}
	if m.Err != "" {
		parts = append(parts, m.Err)
	}
	return strings.Join(parts, "; ")
}

func maybe(n *Number) string {
	if n == nil {
		return "-"
	}
	return inMS(float64(*n))
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
func (s *Suite) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n%s.\n", s.Result.Suite, s.Result.Verdict, s.headline())
	if s.Result.Summary != "" {
		fmt.Fprintf(&b, "\n> %s\n", s.Result.Summary)
	}
	rows := s.rows()
	table(&b, "", suiteHead, len(rows), func(i int) []string {
		row := rows[i]
		if s.Reports[i] != nil {
			row[1] = fmt.Sprintf("[%s](%s/report.md)", row[1], s.Result.Members[i].Dir)
		}
		return row
	})
	b.WriteString("\nTimes are medians over the conclusive trials: outage and switch after the fault, failback after its healing.\n")
	if len(s.Result.Notes) > 0 {
		fmt.Fprintf(&b, "\n## Left out\n\n- %s\n", strings.Join(s.Result.Notes, "\n- "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
