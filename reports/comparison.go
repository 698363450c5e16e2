package reports

import (
	"fmt"
	"io"
	"strings"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/words"
)

// Compared is one cell of a matrix beside the others: what theory says of its
// detection, what its conclusive trials measured, and whether all of them had
// users served again within a second.
type Compared struct {
	Cell      map[string]string `json:"cell"`
	Name      string            `json:"name"`
	Theory    *record.Bounds    `json:"theory_ms,omitempty"` // of the detection
	N         int               `json:"n"`                   // conclusive trials
	Median    *Number           `json:"median_ms"`           // of the outage
	Max       *Number           `json:"max_ms"`
	SubSecond *bool             `json:"sub_second"` // null without a conclusive trial
}

// compare puts the cells side by side; a single one is not compared.
func compare(cells []record.Cell, summaries []Summary) []Compared {
	if len(cells) < 2 {
		return nil
	}
	outages := map[string]Summary{}
	for _, s := range summaries {
		if s.Metric == "outage" {
			outages[record.CellName(s.Cell)] = s
		}
	}
	var list []Compared
	for _, c := range cells {
		cell := Compared{Cell: c.Values, Name: record.CellName(c.Values), Theory: c.Theory}
		if s := outages[cell.Name]; s.N > 0 {
			fast := float64(s.Max) < figure.SubSecond
			cell.N, cell.Median, cell.Max, cell.SubSecond = s.N, &s.Median, &s.Max, &fast
		}
		list = append(list, cell)
	}
	return list
}

var comparisonHead = []string{"cell", "theory of the detection", "median outage", "worst outage", "trials", "sub-second"}

// cells are the columns of comparisonHead.
func (c Compared) cells() []string {
	theory := "never detected, or not known"
	if c.Theory != nil {
		theory = words.Span(c.Theory.Low, c.Theory.High)
	}
	median, worst, fast := "-", "-", "no conclusive trial"
	if c.SubSecond != nil {
		median, worst, fast = words.Milliseconds(float64(*c.Median)), words.Milliseconds(float64(*c.Max)), "no"
		if *c.SubSecond {
			fast = "yes"
		}
		if *c.SubSecond && figure.Vague(c.N) {
			fast += fmt.Sprintf(" (only %s)", words.Count(c.N, "trial"))
		}
	}
	return []string{c.Name, theory, median, worst, fmt.Sprint(c.N), fast}
}

// comparisonTitle is needed where another table stands before.
func (r *Report) comparisonTitle() string {
	if r.Result.Grid == nil {
		return ""
	}
	return "Every cell beside what theory says"
}

// comparisonTable writes the comparison for a terminal.
func (r *Report) comparisonTable(b *strings.Builder) {
	if len(r.Result.Comparison) == 0 {
		return
	}
	b.WriteString("\n== side by side\n")
	columnsOf(b, func(t io.Writer) {
		fmt.Fprintln(t, strings.Join(comparisonHead, "\t"))
		for _, c := range r.Result.Comparison {
			fmt.Fprintln(t, strings.Join(c.cells(), "\t"))
		}
	})
}
