package page

import (
	"encoding/csv"
	"io"
	"slices"
)

// CSV writes the page's tables, of one shape, as one: each row begins with its
// section's title. A section of another shape begins anew, with its own head.
func CSV(w io.Writer, p Page) error {
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
			_ = out.Write(head) // its error is kept
		}
		last = head
		for _, row := range s.Rows {
			record := make([]string, len(head))
			record[0] = s.Title
			for i, c := range row[:min(len(row), len(head)-1)] {
				record[i+1] = c.Text
			}
			_ = out.Write(record)
		}
	}
	out.Flush()
	return out.Error()
}
