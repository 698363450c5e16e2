package reports

import (
	"fmt"
	"io"
	"strings"

	"anylab/reports/page"
	"anylab/reports/words"
)

// Annotation is a remark that a CI system shows beside the code or the job.
type Annotation struct {
	Level   string // error, warning or notice
	Title   string
	Message string
	File    string // empty: of the job as a whole
	Line    int    // from 1; 0 without a file
}

// Place finds where an expectation stands in a file of the user's.
type Place func(expect string) (file string, line int, ok bool)

// Annotations has an error for each expectation that did not hold, and one
// warning if the measurement can't be trusted: nothing is known to be wrong
// with the code then, so it is no error, and expectations aren't judged.
func (r *Report) Annotations(place Place) []Annotation {
	if v := r.Result.Validation; v != nil {
		return v.annotations(r.Result.Run.Scenario)
	}
	if r.Result.Verdict == Inconclusive {
		return []Annotation{{Level: "warning", Title: r.Result.Run.Scenario + " is inconclusive", Message: r.inconclusive()}}
	}
	var list []Annotation
	for _, v := range r.Result.Verdicts {
		if !v.Failed() {
			continue
		}
		a := Annotation{Level: "error", Title: r.Result.Run.Scenario,
			Message: fmt.Sprintf("%s%s is not so: %s over %s", words.In(v.Cell), v.Expect, v.Value, words.Count(v.N, "trial"))}
		if file, line, ok := place(v.Expect); ok {
			a.File, a.Line = file, line
		}
		list = append(list, a)
	}
	return list
}

// inconclusive says why the run is.
func (r *Report) inconclusive() string {
	if doubts := r.doubts(); doubts != "" {
		return "the measurement can't be trusted" + doubts
	}
	text := "some expectations hold at one end of the bounds and not at the other"
	for _, v := range r.Result.Verdicts {
		if v.Decides != "" {
			text += fmt.Sprintf("; %s%s: %s; it would take %s", words.In(v.Cell), v.Expect, v.seen(), v.Decides)
		}
	}
	return text
}

// doubts lists every finding that makes a trial or the run inconclusive.
func (r *Report) doubts() string {
	var text strings.Builder
	for _, f := range r.findings() {
		if f.Severity == Doubt {
			fmt.Fprintf(&text, "; %s (%s): %s", f.Name, f.Where, f.Detail)
		}
	}
	return text.String()
}

// Annotations names the runs of a suite that could not be carried out. It is a
// warning where the suite goes on without them; what the others found, their
// own reports annotate.
func (s *Suite) Annotations() []Annotation {
	level := "error"
	if s.Record.KeepGoing {
		level = "warning"
	}
	var list []Annotation
	for _, m := range s.Result.Members {
		if m.Verdict == Unavailable {
			list = append(list, Annotation{Level: level, Title: m.Scenario + " could not be carried out", Message: m.Err})
		}
	}
	return list
}

// Annotations has an error for each regression, and one warning if it can't
// be told whether there is another.
func (c Changes) Annotations() []Annotation {
	var list []Annotation
	var unknown []string
	for _, row := range c.Rows {
		switch row.Verdict {
		case Regression:
			list = append(list, Annotation{Level: "error", Title: c.Head.Scenario + " became slower",
				Message: fmt.Sprintf("%s%s: %s, was %s: %s (p %s)", words.In(row.Cell), row.name(), row.side(row.Head), row.side(row.Base), row.change(), probability(float64(row.PHolm)))})
		case Unknown:
			unknown = append(unknown, fmt.Sprintf("%s%s: %s", words.In(row.Cell), row.name(), row.Why))
		}
	}
	if len(unknown) > 0 || c.missing || len(c.Rows) == 0 {
		list = append(list, Annotation{Level: "warning", Title: "it can't be told whether " + c.Head.Scenario + " became slower",
			Message: strings.Join(append(unknown, c.Notes...), "; ")})
	}
	return list
}

// GitHub writes annotations as workflow commands of GitHub Actions.
func GitHub(w io.Writer, list []Annotation) error {
	for _, a := range list {
		where := ""
		if a.File != "" {
			where = fmt.Sprintf("file=%s,line=%d,", property(a.File), a.Line)
		}
		if _, err := fmt.Fprintf(w, "::%s %stitle=%s::%s\n", a.Level, where, property(a.Title), message(a.Message)); err != nil {
			return fmt.Errorf("write annotation: %w", err)
		}
	}
	return nil
}

// message escapes what a workflow command's message may not have, property
// what its properties may not (actions/toolkit, packages/core/src/command.ts).
// The job's log, which shows both, is a terminal's.
func message(s string) string {
	return strings.NewReplacer("%", "%25", "\n", "%0A").Replace(page.Visible(s))
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(message(s))
}
