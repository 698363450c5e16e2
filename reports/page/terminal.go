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
	p = p.visible()
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

func (t *terminal) table(s Section) {
	for _, lines := range Columns(s.drawn(), s.right(), t.columns) {
		t.WriteString(strings.Join(lines, "\n") + "\n")
	}
}

// drawn returns the texts of the head and of all rows. Bars are a column of
// their own, right of their number.
func (s Section) drawn() [][]string {
	rows := s.Rows
	if len(s.Head) > 0 {
		rows = append([][]Cell{Texts(s.Head...)}, rows...)
	}
	texts, bars := make([][]string, len(rows)), s.only(Bar)
	for n, row := range rows {
		for i, bar := range bars {
			c := at(row, i)
			texts[n] = append(texts[n], c.Text)
			if bar {
				texts[n] = append(texts[n], strings.Repeat("█", int(c.Part*barWidth+0.5)))
			}
		}
	}
	return texts
}

// barWidth is that of a bar that is the whole.
const barWidth = 20

// right says which of the drawn columns are numbers.
func (s Section) right() (list []bool) {
	bars := s.only(Bar)
	for i, numbers := range s.only(Number, Bar) {
		list = append(list, numbers)
		if bars[i] {
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
