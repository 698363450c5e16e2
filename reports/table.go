package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"anylab/reports/words"
)

// fewTrials is up to how many trials a summary shows each one.
const fewTrials = 12

// fewCells is up to how many cells a summary shows each one, where a grid shows
// them all at a glance.
const fewCells = 12

// Table writes a summary for a terminal: the verdict first. Of a large grid it
// shows by itself only what did not come up to expectations.
func Table(w io.Writer, r *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", strings.ToUpper(string(r.Result.Verdict)), r.headline())
	brief := r.Result.Grid != nil && len(r.Result.Comparison) > fewCells
	for _, d := range r.digests() {
		if brief && !d.failed() {
			continue
		}
		if d.Cell != "" {
			fmt.Fprintf(&b, "\n== %s: %d of %d trials conclusive\n", d.Cell, d.Good, d.Total)
		}
		d.table(&b)
	}
	if !brief {
		r.comparisonTable(&b)
	}
	r.gridTable(&b)
	r.claimTable(&b)
	if list := r.findings(); len(list) > 0 {
		b.WriteString("\nFindings\n")
		for _, f := range list {
			fmt.Fprintf(&b, "  %-5s %s (%s): %s\n", f.Severity, f.Name, f.Where, f.Detail)
		}
	}
	if text := r.calibrationText(); text != "" {
		fmt.Fprintf(&b, "\nCalibration   %s\n", text)
	}
	if text := r.timeText(); text != "" {
		fmt.Fprintf(&b, "\nTime          %s\n", text)
	}
	fmt.Fprintf(&b, "\nFiles   %s\n", r.Dir)
	if brief {
		b.WriteString("        report.md there has every cell: its stages, trials and expectations\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// failed says whether an expectation was judged and did not hold.
func (d digest) failed() bool {
	return slices.ContainsFunc(d.Verdicts, func(v marked) bool { return !v.OK && v.Value != notJudged })
}

func (d digest) table(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n", sentence(d.Explain, d.Cell))
	columnsOf(b, func(t io.Writer) {
		if len(d.Lines) == 0 {
			return
		}
		fmt.Fprintf(t, "\n\tmedian\tits bounds\tp95\tmax\n")
		for _, l := range d.Lines {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", l.Name, l.Median, l.Bounds, l.P95, l.Max)
		}
	})
	stageTable(b, "after the fault", d.Stages)
	stageTable(b, "after healing", d.Back)
	d.streamTable(b)
	if len(d.Verdicts) > 0 {
		b.WriteString("\nExpectations\n")
		columnsOf(b, func(t io.Writer) {
			for _, v := range d.Verdicts {
				fmt.Fprintf(t, "  %s\t%s\t%s\n", v.Mark, v.Expect, v.Value)
			}
		})
		if d.Unjudged != "" {
			fmt.Fprintf(b, "  %s\n", d.Unjudged)
		}
	}
	if d.Total > 0 && d.Total <= fewTrials {
		d.rows(b)
	}
	for _, doubt := range d.Doubts {
		fmt.Fprintf(b, "  ! %s\n", doubt)
	}
}

func (d digest) rows(b *strings.Builder) {
	b.WriteString("\n")
	columnsOf(b, func(t io.Writer) {
		fmt.Fprint(t, "trial\tstatus\toutage\t")
		for _, c := range columns {
			fmt.Fprintf(t, "%s\t", c)
		}
		fmt.Fprint(t, "answered by\n")
		for _, r := range d.Trials {
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", r.Number, r.Status.words(), r.Outage, strings.Join(r.Stages, "\t"), r.Answers)
		}
	})
}

// stageTable shows how long each stage took, and as what part of the whole.
func stageTable(b *strings.Builder, when string, list []share) {
	if len(list) == 0 {
		return
	}
	columnsOf(b, func(t io.Writer) {
		fmt.Fprintf(t, "\nstage %s\tmedian\tp95\tshare\t\n", when)
		for _, s := range list {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%.0f %%\t%s\n", words.Noun(s.stage), words.Milliseconds(s.median), words.Milliseconds(s.p95), 100*s.part, bar(s.part))
		}
	})
}

// bar draws a part of the whole.
func bar(part float64) string { return strings.Repeat("█", int(part*20+0.5)) }

// unjudged stands below expectations whose marks are in brackets.
const unjudged = "These are not judged: the run is inconclusive."

// mark says whether an expectation held, in brackets where that counts for
// nothing.
func mark(v Judgement, run Outcome) string {
	switch {
	case run == Inconclusive && v.OK:
		return "(ok)"
	case run == Inconclusive && v.Value != notJudged:
		return "(not)"
	case v.OK:
		return "ok"
	case v.Value == notJudged:
		return "?"
	}
	return "FAILED"
}

// sentence starts with a capital, and without the cell where that is said.
func sentence(text, cell string) string {
	text = strings.TrimPrefix(text, cell+": ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// columnsOf aligns the lines that write makes, without blanks at their ends.
func columnsOf(b *strings.Builder, write func(io.Writer)) {
	var aligned strings.Builder
	t := tabwriter.NewWriter(&aligned, 0, 8, 2, ' ', 0)
	write(t)
	_ = t.Flush() // a strings.Builder takes everything
	for line := range strings.Lines(aligned.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}
