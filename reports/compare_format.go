package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// ChangesFormat writes a comparison in one form.
type ChangesFormat func(w io.Writer, c Changes) error

// ChangesFormats are the forms of comparisons by name, sorted.
var ChangesFormats = []struct {
	Name   string
	Format ChangesFormat
}{
	{"json", ChangesJSON},
	{"markdown", ChangesMarkdown},
	{"text", ChangesText},
}

// ChangesJSON writes the comparison for scripts.
func ChangesJSON(w io.Writer, c Changes) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(c)
}

// changeHead are the columns of a comparison for people.
var changeHead = []string{"metric", "base", "head", "shift", "", "p", "verdict"}

// ChangesText writes the comparison for a terminal: the verdict first.
func ChangesText(w io.Writer, c Changes) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", strings.ToUpper(c.Verdict.words()), c.headline())
	for _, cell := range c.cellNames() {
		b.WriteString("\n")
		if cell != "" {
			fmt.Fprintf(&b, "== %s\n", cell)
		}
		columnsOf(&b, func(t io.Writer) {
			fmt.Fprintln(t, strings.Join(changeHead, "\t"))
			for _, row := range c.rowsOf(cell) {
				fmt.Fprintln(t, strings.Join(row.columns(), "\t"))
			}
		})
	}
	if notes := c.footnotes(); len(notes) > 0 {
		fmt.Fprintf(&b, "\n- %s\n", strings.Join(notes, "\n- "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ChangesMarkdown writes the comparison for a page or a job's summary.
func ChangesMarkdown(w io.Writer, c Changes) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s.\n", words.Sentence(c.Verdict.words()), c.headline())
	for _, cell := range c.cellNames() {
		rows := c.rowsOf(cell)
		table(&b, cell, changeHead, len(rows), func(i int) []string { return rows[i].columns() })
	}
	if notes := c.footnotes(); len(notes) > 0 {
		fmt.Fprintf(&b, "\n- %s\n", strings.Join(notes, "\n- "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// words says a verdict to people who haven't met benchstat's tilde.
func (d Direction) words() string {
	if d == Same {
		return "no regression found"
	}
	return string(d)
}

func (c Changes) headline() string {
	text := fmt.Sprintf("%s, base %s (%s), head %s (%s)", c.Head.Scenario, c.Base.ID, c.Base.Anylab, c.Head.ID, c.Head.Anylab)
	for _, name := range sortedKeys(c.Head.Daemons) {
		if was := c.Base.Daemons[name]; was != "" && was != c.Head.Daemons[name] {
			text += fmt.Sprintf(", %s %s to %s", name, was, c.Head.Daemons[name])
		}
	}
	return text
}

// cellNames lists the cells that have rows, in their order.
func (c Changes) cellNames() []string {
	var names []string
	for _, row := range c.Rows {
		if n := record.CellName(row.Cell); len(names) == 0 || names[len(names)-1] != n {
			names = append(names, n)
		}
	}
	return names
}

func (c Changes) rowsOf(cell string) []Change {
	var rows []Change
	for _, row := range c.Rows {
		if record.CellName(row.Cell) == cell {
			rows = append(rows, row)
		}
	}
	return rows
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

func (row Change) columns() []string {
	shift, interval := row.shift(), ""
	if row.Base.N > 0 && row.Head.N > 0 {
		if m := float64(row.Base.Median); m > 0 && !math.IsInf(m, 1) && !math.IsInf(float64(row.Shift), 0) {
			shift += fmt.Sprintf(" (%+.0f %%)", 100*float64(row.Shift)/m)
		}
		interval = row.interval()
	}
	return []string{strings.ReplaceAll(row.Metric, "_", " "), row.side(row.Base), row.side(row.Head), shift, interval,
		pValue(float64(row.PHolm)), string(row.Verdict)}
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

// shift writes the shift of the median with its sign. It is infinite where most
// trials of one side only were not restored.
func (row Change) shift() string {
	switch {
	case math.IsInf(float64(row.Shift), 1):
		return "to " + words.NotRestored
	case math.IsInf(float64(row.Shift), -1):
		return "from " + words.NotRestored
	case row.Shift > 0 && row.Base.N > 0 && row.Head.N > 0:
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
