package page

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Terminal writes a page as text for a terminal of so many columns, 0 for one
// that is wide enough: the verdict first, and no details.
func Terminal(w io.Writer, p Page, columns int) error {
	p = p.plain().visible()
	t := terminal{columns: columns}
	verdict := p.Verdict.Text
	if verdict != "" {
		verdict = strings.ToUpper(verdict) + "  "
	}
	t.paragraph(verdict, joined(": ", p.Title, p.Lead))
	for _, s := range p.Sections {
		if !s.Detail && len(s.Rows)+len(s.Text)+len(s.Notes) > 0 {
			t.section(s)
		}
	}
	_, err := io.WriteString(w, t.String())
	return err
}

type terminal struct {
	strings.Builder
	columns int
}

func (t *terminal) section(s Section) {
	if left := len(s.Rows) - s.First; s.First > 0 && left > 0 {
		s.Rows = s.Rows[:s.First]
		s.Notes = append(slices.Clone(s.Notes), fmt.Sprintf("and %d more, which the report has", left))
	}
	t.WriteByte('\n')
	if s.Title != "" {
		t.paragraph("", "== "+s.Title)
	}
	for _, text := range s.Text {
		t.paragraph("", text)
	}
	if len(s.Rows) > 0 {
		if len(s.Text) > 0 {
			t.WriteByte('\n')
		}
		t.table(s)
	}
	for _, n := range s.Notes {
		t.paragraph("- ", n)
	}
}

// paragraph writes a text, with a mark before its first line and blanks of the
// same width before the others.
func (t *terminal) paragraph(mark, text string) {
	for _, line := range Wrap(text, t.columns-utf8.RuneCountInString(mark)) {
		t.WriteString(strings.TrimRight(mark+line, " ") + "\n")
		mark = strings.Repeat(" ", utf8.RuneCountInString(mark))
	}
}

// table writes a table that is too wide, whatever is broken in it, without its
// bars and as several: each begins with the first column, which names the rows.
func (t *terminal) table(s Section) {
	rows, right := s.drawn(true), s.right(true)
	if t.columns > 0 && least(rows, right) > t.columns {
		rows, right = s.drawn(false), s.right(false)
	}
	for i, part := range parts(rows, right, t.columns) {
		if i > 0 {
			t.WriteByte('\n')
		}
		for _, lines := range Columns(pick(rows, part), pick([][]bool{right}, part)[0], t.columns) {
			t.WriteString(strings.Join(lines, "\n") + "\n")
		}
	}
}

// parts divides the columns of a table among as many tables as it takes.
func parts(rows [][]string, right []bool, width int) [][]int {
	var list [][]int
	part := []int{0}
	for i := 1; i < len(right); i++ {
		wider := append(slices.Clone(part), i)
		if width > 0 && len(part) > 1 && least(pick(rows, wider), pick([][]bool{right}, wider)[0]) > width {
			list, wider = append(list, part), []int{0, i}
		}
		part = wider
	}
	return append(list, part)
}

// pick takes columns out of rows.
func pick[T any](rows [][]T, columns []int) [][]T {
	return each(rows, func(row []T) (list []T) {
		for _, i := range columns {
			list = append(list, row[i])
		}
		return list
	})
}

// drawn returns the texts of the head and of all rows. Bars are a column of
// their own, right of their number.
func (s Section) drawn(withBars bool) [][]string {
	rows := s.Rows
	if len(s.Head) > 0 {
		rows = append([][]Cell{Texts(s.Head...)}, rows...)
	}
	texts, bars := make([][]string, len(rows)), s.only(Bar)
	for n, row := range rows {
		for i, bar := range bars {
			c := at(row, i)
			texts[n] = append(texts[n], c.Text)
			if bar && withBars {
				texts[n] = append(texts[n], strings.Repeat("█", int(c.Part*barWidth+0.5)))
			}
		}
	}
	return texts
}

// barWidth is that of a bar that is the whole.
const barWidth = 20

// right says which of the drawn columns are numbers.
func (s Section) right(withBars bool) (list []bool) {
	bars := s.only(Bar)
	for i, numbers := range s.only(Number, Bar) {
		list = append(list, numbers)
		if bars[i] && withBars {
			list = append(list, false)
		}
	}
	return list
}

// at returns the cell of a column, or an empty one where a row is short.
func at(row []Cell, i int) (c Cell) {
	if i < len(row) {
		c = row[i]
	}
	return c
}
