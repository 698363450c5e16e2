package reports

import (
	"fmt"

	"anylab/lab/record"
	"anylab/reports/figure"
	"anylab/reports/page"
	"anylab/reports/words"
)

// Compared is one cell of a matrix beside the others: what theory says of its
// detection, what its conclusive trials measured, and whether all of them had
// users served again within a second.
type Compared struct {
	Cell      map[string]string `json:"cell"`
	Name      string            `json:"name"`
	Theory    *record.Bounds    `json:"theory_ms,omitempty"`   // of the detection
	Takeover  *record.Bounds    `json:"takeover_ms,omitempty"` // of how long who takes a VRRP's address over waits from then on
	N         int               `json:"n"`                     // conclusive trials
	Median    *Number           `json:"median_ms"`             // of the outage
	Max       *Number           `json:"max_ms"`
	SubSecond *bool             `json:"sub_second" jsonschema:"oneof_type=boolean;null"` // null without a conclusive trial, and where it can't be told
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
		cell := Compared{Cell: c.Values, Name: record.CellName(c.Values), Theory: c.Theory, Takeover: c.Takeover}
		if s := outages[cell.Name]; s.N > 0 {
			cell.N, cell.Median, cell.Max, cell.SubSecond = s.N, &s.Median, &s.Max, subSecond(s)
		}
		list = append(list, cell)
	}
	return list
}

// subSecond says whether all outages were shorter than a second; nil if some may
// have been.
func subSecond(s Summary) *bool {
	low, high := s.Max, s.Max
	if s.Low != nil {
		low, high = s.Low.Max, s.High.Max
	}
	fast := float64(high) < figure.SubSecond
	if !fast && float64(low) < figure.SubSecond {
		return nil
	}
	return &fast
}

// comparisonSections show the cells side by side.
func comparisonSections(s sheet) []page.Section {
	if len(s.Result.Comparison) == 0 {
		return nil
	}
	list := page.Section{Title: "Cells side by side, and what theory says", Picture: s.figure(comparisonFigure), Detail: s.brief,
		Head: []string{"cell", "theory of the detection", "median outage", "worst outage", "trials", "sub-second"}}
	for _, c := range s.Result.Comparison {
		list.Rows = append(list.Rows, c.cells())
	}
	return []page.Section{list}
}

func (c Compared) cells() []page.Cell {
	theory := "never detected, or not known"
	if c.Theory != nil {
		theory = words.Span(c.Theory.Low, c.Theory.High)
	}
	switch t := c.Takeover; {
	case t == nil:
	case t.Low == t.High:
		theory += ", taken over " + words.Milliseconds(t.Low) + " later"
	default:
		theory += ", taken over " + words.Span(t.Low, t.High) + " later"
	}
	median, worst, fast := "-", "-", page.Cell{Text: "no conclusive trial", Kind: page.Badge, Tone: page.Doubtful}
	if c.N > 0 {
		median, worst = words.Milliseconds(float64(*c.Median)), words.Milliseconds(float64(*c.Max))
		fast.Text = "can't tell"
	}
	if c.SubSecond != nil {
		fast.Text, fast.Tone = "no", page.Bad
		if *c.SubSecond {
			fast.Text, fast.Tone = "yes", page.Good
		}
		if *c.SubSecond && figure.Vague(c.N) {
			fast.Text, fast.Tone = fast.Text+" (only "+words.Count(c.N, "trial")+")", page.Plain
		}
	}
	return append(append(page.Texts(c.Name, theory), page.Numbers(median, worst, fmt.Sprint(c.N))...), fast)
}
