package reports

import (
	"fmt"
	"io"
	"path"
	"strings"

	"anylab/reports/words"
)

// Markdown writes a report fit for a page of a project or a CI job's summary.
// Figures are linked relative to the run directory.
func Markdown(w io.Writer, r *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n%s.\n", r.Result.Run.Scenario, r.Result.Verdict, r.headline())
	if s := r.Run.Summary; s != "" {
		fmt.Fprintf(&b, "\n> %s\n", s)
	}
	table(&b, "Claims", claimHead, len(r.Result.Claims), func(i int) []string { return claimed(r.Result.Claims[i]) })
	r.gridMarkdown(&b)
	table(&b, r.comparisonTitle(), comparisonHead, len(r.Result.Comparison), func(i int) []string { return r.Result.Comparison[i].cells() })
	if f := r.compared(); f != "" {
		linkFigure(&b, f)
	}
	for _, d := range r.digests() {
		if d.Cell != "" {
			fmt.Fprintf(&b, "\n## %s\n", d.Cell)
		}
		d.markdown(&b)
	}
	if r.Result.Grid == nil {
		r.floorMarkdown(&b)
	}
	if list := r.findings(); len(list) > 0 {
		table(&b, "Findings", []string{"severity", "finding", "where", "what was seen"}, len(list), func(i int) []string {
			return []string{string(list[i].Severity), list[i].Name, list[i].Where, list[i].Detail}
		})
	}
	for _, f := range r.Figures {
		if strings.HasSuffix(f, ".svg") && f != r.overview() && f != r.compared() {
			linkFigure(&b, f)
		}
	}
	for _, s := range r.Result.RFC7747 {
		s.markdown(&b)
	}
	r.conditionsMarkdown(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func linkFigure(b *strings.Builder, file string) {
	fmt.Fprintf(b, "\n![%s](%s)\n", strings.TrimSuffix(path.Base(file), ".svg"), file)
}

func (d digest) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n", sentence(d.Explain, d.Cell))
	table(b, "", []string{"", "median", "its bounds", "p95", "max"}, len(d.Lines), func(i int) []string {
		l := d.Lines[i]
		return []string{l.Name, l.Median, l.Bounds, l.P95, l.Max}
	})
	for _, part := range []struct {
		title string
		list  []share
	}{{"stage after the fault", d.Stages}, {"stage after healing", d.Back}} {
		table(b, "", []string{part.title, "median", "p95", "share"}, len(part.list), func(i int) []string {
			s := part.list[i]
			return []string{words.Noun(s.stage), words.Milliseconds(s.median), words.Milliseconds(s.p95), fmt.Sprintf("%.0f %%", 100*s.part)}
		})
	}
	d.streamMarkdown(b)
	table(b, "", []string{"expectation", "value", ""}, len(d.Verdicts), func(i int) []string {
		v := d.Verdicts[i]
		return []string{v.Expect, v.Value, v.Mark}
	})
	if d.Unjudged != "" {
		fmt.Fprintf(b, "\n%s\n", d.Unjudged)
	}
	head := []string{"trial", "status", "outage"}
	for _, c := range columns {
		head = append(head, string(c))
	}
	table(b, "", append(head, "answered by"), len(d.Trials), func(i int) []string {
		t := d.Trials[i]
		cells := []string{fmt.Sprint(t.Number), t.Status.words(), t.Outage}
		return append(append(cells, t.Stages...), t.Answers)
	})
	if len(d.Doubts) > 0 {
		fmt.Fprintf(b, "\n- %s\n", strings.Join(d.Doubts, "\n- "))
	}
}

func (r *Report) conditionsMarkdown(b *strings.Builder) {
	rows := r.conditions()
	table(b, "Conditions", []string{"", ""}, len(rows), func(i int) []string { return rows[i] })
	if yaml := strings.TrimSpace(r.Run.ScenarioYAML); yaml != "" {
		fmt.Fprintf(b, "\n<details><summary>The scenario as it was run: topology, sessions, timers, load</summary>\n\n````yaml\n%s\n````\n\n</details>\n", yaml)
	}
}

// table writes rows under a title and a head; nothing if there are none.
func table(b *strings.Builder, title string, head []string, n int, row func(int) []string) {
	if n == 0 {
		return
	}
	if title != "" {
		fmt.Fprintf(b, "\n## %s\n", title)
	}
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	fmt.Fprintf(b, "\n| %s |\n| %s |\n", strings.Join(head, " | "), strings.Join(rule, " | "))
	for i := range n {
		cells := row(i)
		for j, c := range cells {
			cells[j] = strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(c)
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}
