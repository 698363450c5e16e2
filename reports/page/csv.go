package page

import (
	"encoding/csv"
	"io"
	"regexp"
	"slices"
	"strings"
)

// CSV writes the page's tables, of one shape, as one: each row begins with its
// section's title. A section of another shape begins anew, with its own head.
func CSV(w io.Writer, p Page) error {
	p = p.visible()
	out := csv.NewWriter(w)
	var last []string
	for _, s := range p.Sections {
		if len(s.Rows) == 0 {
			continue
		}
		head := append([]string{"section"}, s.Head...)
		if len(s.Head) == 0 {
			head = []string{"section", "name", "value"}
		}
		if !slices.Equal(head, last) {
			_ = out.Write(Literal(head)) // its error is kept
		}
		last = head
		for _, row := range s.Rows {
			record := make([]string, len(head))
			record[0] = s.Title
			for i, c := range row[:min(len(row), len(head)-1)] {
				record[i+1] = c.Text
			}
			_ = out.Write(Literal(record))
		}
	}
	out.Flush()
	return out.Error()
}

// measured is a number with its sign, maybe with a unit or the bounds of others.
var measured = regexp.MustCompile(`^[-+]( ?(?:[-+.,%()~]|\d+|n?s|µs|ms|min|h|to|n =))*$`)

// Literal returns a record of CSV of which spreadsheets take no cell for a formula:
// one that begins like one, and is no number, begins with an apostrophe, and all of
// it is visible.
func Literal(record []string) []string {
	return each(record, func(cell string) string {
		cell = Line(cell)
		if cell != "" && strings.ContainsAny(cell[:1], "=+-@") && !measured.MatchString(cell) {
			return "'" + cell
		}
		return cell
	})
}
