package reports

import (
	"fmt"
	"strings"
	"testing"
)

// An inconclusive run does not say of an expectation that it holds, nor that it
// does not.
func TestExpectationsOfAnInconclusiveRunAreNotJudged(t *testing.T) {
	slow := crashes(3)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	short := slow
	short.planned = 10
	for _, c := range []struct {
		s        story
		marks    string
		unjudged bool
	}{
		{slow, "FAILED ok ok ok", false},
		{short, "(not) (ok) (ok) (ok)", true},
	} {
		r := c.s.load(t)
		var marks []string
		for _, row := range r.cellReports()[0].expectations(r.Result.Verdict).Rows {
			marks = append(marks, row[0].Text)
		}
		if got := strings.Join(marks, " "); got != c.marks {
			t.Errorf("marks %s, want %s", got, c.marks)
		}
		for name, format := range map[string]Format{"table": Table, "markdown": Markdown, "html": HTML} {
			var b strings.Builder
			if err := format(&b, r); err != nil {
				t.Fatal(err)
			}
			said := strings.Contains(b.String(), "not judged: the run")
			bracketed := strings.Contains(b.String(), "(not)") && strings.Contains(b.String(), "(ok)")
			if said != c.unjudged || bracketed != c.unjudged {
				t.Errorf("%s of a run that is %s: says so %v, in brackets %v\n%s", name, r.Result.Verdict, said, bracketed, b.String())
			}
		}
		if got := fmt.Sprint(r.Result.Verdicts[0].OK, r.Result.Verdicts[1].OK); got != "false true" {
			t.Errorf("result.json has %s, want false true", got)
		}
	}
	m := MemberResult{Verdict: Inconclusive, Failed: []string{"p95(outage) < 1s (1.5s)"}}
	if got := m.remarks(); got != "not judged: p95(outage) < 1s (1.5s)" {
		t.Errorf("a suite says %q", got)
	}
}
