package reports

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// Page lays the comparison out.
func (c Changes) Page() page.Page {
	p := page.Page{Title: c.Head.Scenario, Verdict: c.Verdict.badge(), Lead: c.lead()}
	for i, row := range c.Rows {
		if i == 0 || !maps.Equal(row.Cell, c.Rows[i-1].Cell) {
			p.Sections = append(p.Sections, page.Section{Title: record.CellName(row.Cell), Head: []string{"metric", "base", "head", "shift", "", "p", "verdict"}})
		}
		s := &p.Sections[len(p.Sections)-1]
		s.Rows = append(s.Rows, row.cells())
	}
	p.Sections = append(p.Sections, page.Section{Notes: c.footnotes()})
	return p
}

// words says a verdict to people who haven't met benchstat's tilde.
func (d Direction) words() string {
	if d == Same {
		return "no regression found"
	}
	return string(d)
}

// badge shows a verdict.
func (d Direction) badge() page.Cell {
	tone := map[Direction]page.Tone{Regression: page.Bad, Improvement: page.Good, Same: page.Good, Unknown: page.Doubtful}[d]
	return page.Cell{Text: d.words(), Kind: page.Badge, Tone: tone}
}

func (c Changes) lead() string {
	text := fmt.Sprintf("base %s (%s), head %s (%s)", c.Base.ID, c.Base.Anylab, c.Head.ID, c.Head.Anylab)
	for _, name := range sortedKeys(c.Head.Daemons) {
		if was := c.Base.Daemons[name]; was != "" && was != c.Head.Daemons[name] {
			text += fmt.Sprintf(", %s %s to %s", name, was, c.Head.Daemons[name])
		}
	}
	return text
}

// footnotes are the notes and the rows' reasons.
func (c Changes) footnotes() []string {
	var notes []string
	for _, row := range c.Rows {
		if row.Why != "" {
			notes = append(notes, fmt.Sprintf("%s%s: %s: %s", words.In(row.Cell), row.Metric, row.Verdict, row.Why))
		}
	}
	notes = append(notes, c.Notes...)
	if len(c.Rows) > 0 && c.reference == "" {
		notes = append(notes, "medians with their 95 % confidence intervals; shift: Hodges-Lehmann; p: Mann-Whitney, corrected for all rows (Westfall and Young)")
	} else if len(c.Rows) > 0 {
		notes = append(notes, "shift: bootstrap; p: permutation test, corrected for all rows (Holm)")
	}
	return notes
}

func (row Change) cells() []page.Cell {
	verdict, change := row.Verdict.badge(), page.Numbers("", "", "")
	if !row.empty() {
		change = page.Numbers(row.change(), row.interval(), pValue(float64(row.PHolm)))
	}
	verdict.Text = string(row.Verdict) // the tilde of benchstat
	if row.Verdict == Same {
		verdict.Tone = page.Plain
	}
	return append(append(page.Texts(row.name(), row.side(row.Base), row.side(row.Head)), change...), verdict)
}

func (row Change) name() string { return strings.ReplaceAll(row.Metric, "_", " ") }

// empty says whether one of the sides has nothing.
func (row Change) empty() bool { return row.Base.N == 0 || row.Head.N == 0 }

// change writes the shift, and what part of the base's median it is.
func (row Change) change() string {
	m, shift := float64(row.Base.Median), float64(row.Shift)
	if row.same() || row.empty() || !(m > 0) || math.IsInf(m, 1) || math.IsInf(shift, 0) {
		return row.shift()
	}
	return row.shift() + fmt.Sprintf(" (%+.0f %%)", 100*shift/m)
}

// side writes "136 ms (130 to 140 ms, n = 20)" and what was left out or cut short.
func (row Change) side(s Side) string {
	text := row.amount(s.Median) + " ("
	if row.Unit == "ms" && stats.Finite(float64(s.CI95[0])) && stats.Finite(float64(s.CI95[1])) {
		text += words.Span(float64(s.CI95[0]), float64(s.CI95[1])) + ", "
	}
	text += fmt.Sprintf("n = %d", s.N)
	if s.Censored > 0 {
		text += fmt.Sprintf(", %d not restored", s.Censored)
	}
	if s.Inconclusive > 0 {
		text += fmt.Sprintf(", %d inconclusive", s.Inconclusive)
	}
	return text + ")"
}

// same says that there is no shift that could be written with two decimals.
func (row Change) same() bool {
	return row.Unit == "ms" && !row.empty() && math.Abs(float64(row.Shift)) < 0.005
}

// shift writes the shift of the median with its sign. It is infinite where most
// trials of one side only were not restored.
func (row Change) shift() string {
	switch {
	case row.same():
		return "no change"
	case math.IsInf(float64(row.Shift), 1):
		return "to " + words.NotRestored
	case math.IsInf(float64(row.Shift), -1):
		return "from " + words.NotRestored
	case row.Shift > 0 && !row.empty():
		return "+" + row.amount(row.Shift)
	}
	return row.amount(row.Shift)
}

// interval writes that of the shift; empty where it has no end at all.
func (row Change) interval() string {
	low, high := row.amount(row.CI95[0]), row.amount(row.CI95[1])
	switch below, above := math.IsInf(float64(row.CI95[0]), 0), math.IsInf(float64(row.CI95[1]), 0); {
	case below && above:
		return ""
	case above:
		return "at least " + low
	case below:
		return "at most " + high
	}
	if row.Unit == "ms" {
		return words.Span(float64(row.CI95[0]), float64(row.CI95[1]))
	}
	return low + " to " + high
}

// amount writes a median or a shift in the row's unit.
func (row Change) amount(v Number) string {
	switch {
	case row.Unit == "ms" || math.IsInf(float64(v), 1) || math.IsNaN(float64(v)):
		return words.Milliseconds(float64(v))
	}
	return strconv.FormatFloat(float64(v), 'f', 3, 64)
}

func pValue(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}
