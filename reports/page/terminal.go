package page

import (
	"io"
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
	for _, line := range wrap(text, t.columns-utf8.RuneCountInString(mark)) {
		t.WriteString(strings.TrimRight(mark+line, " ") + "\n")
		mark = strings.Repeat(" ", utf8.RuneCountInString(mark))
	}
}

func (t *terminal) table(s Section) {
	rows, right := s.drawn()
	widths := fit(rows, right, t.columns)
	for _, row := range rows {
		var wrapped [][]string
		height := 0
		for i, text := range row {
			lines := []string{text}
			if !right[i] {
				lines = wrap(text, widths[i])
			}
			wrapped, height = append(wrapped, lines), max(height, len(lines))
		}
		for n := range height {
			t.line(wrapped, n, widths, right)
		}
	}
}

// line writes the n-th line of a row.
func (t *terminal) line(row [][]string, n int, widths []int, right []bool) {
	var line strings.Builder
	for i, lines := range row {
		text := ""
		if n < len(lines) {
			text = lines[n]
		}
		pad := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(text)))
		if right[i] {
			line.WriteString(pad + text + "  ")
		} else {
			line.WriteString(text + pad + "  ")
		}
	}
	t.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// drawn returns the texts of the head and of all rows, and which columns are
// aligned at their right ends. Bars are a column of their own.
func (s Section) drawn() (texts [][]string, right []bool) {
	rows := s.Rows
	if len(s.Head) > 0 {
		rows = append([][]Cell{Texts(s.Head...)}, rows...)
	}
	texts = make([][]string, len(rows))
	bars := s.only(Bar)
	for i, numbers := range s.only(Number, Bar) {
		right = append(right, numbers)
		if bars[i] {
			right = append(right, false)
		}
		for n, row := range rows {
			c := at(row, i)
			texts[n] = append(texts[n], c.Text)
			if bars[i] {
				texts[n] = append(texts[n], strings.Repeat("█", int(c.Part*barWidth+0.5)))
			}
		}
	}
	return texts, right
}

// at returns the cell of a column, or an empty one where a row is short.
func at(row []Cell, i int) (c Cell) {
	if i < len(row) {
		c = row[i]
	}
	return c
}

// barWidth is that of a bar that is the whole, and leastColumn how narrow a
// column of text may become to make a table fit.
const (
	barWidth    = 20
	leastColumn = barWidth
)

// fit returns the columns' widths. Where they are too wide together, the widest
// one of text is wrapped, and then the next; numbers are not.
func fit(rows [][]string, right []bool, columns int) []int {
	widths := make([]int, len(right))
	total := 0
	for i := range widths {
		for _, row := range rows {
			if i < len(row) {
				widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
			}
		}
		total += widths[i] + 2
	}
	for total-2 > columns && columns > 0 {
		widest := -1
		for i, w := range widths {
			if !right[i] && w > leastColumn && (widest < 0 || w >= widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
		total--
	}
	return widths
}

// wrap breaks a text at blanks into lines of at most so many signs, and a word
// that is longer than a line anywhere. 0 and less: one line.
func wrap(text string, width int) []string {
	if width <= 0 || utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var list []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			list, line = append(list, line), ""
		}
		line = joined(" ", line, word)
		for signs := []rune(line); len(signs) > width; signs = []rune(line) {
			list, line = append(list, string(signs[:width])), string(signs[width:])
		}
	}
	return append(list, line)
}

// joined joins what is not empty.
func joined(separator, a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + separator + b
}
