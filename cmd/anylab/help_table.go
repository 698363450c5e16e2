package main

import (
	"strings"

	"anylab/reports/page"
)

// table lays out a table; its second line only says that the first is its head.
func (p *paper) table(lines []string) {
	rows := [][]string{cells(lines[0])}
	for _, l := range lines[min(2, len(lines)):] {
		rows = append(rows, cells(l))
	}
	for i, row := range page.Columns(rows, nil, p.width) {
		for _, line := range row {
			if i == 0 {
				line = p.bold(line)
			}
			p.line(line)
		}
	}
}

// cells are those of one line of a table. A bar within one is written "\|".
func cells(line string) []string {
	line = strings.ReplaceAll(strings.Trim(strings.TrimSpace(line), "|"), `\|`, "\x00")
	var row []string
	for cell := range strings.SplitSeq(line, "|") {
		row = append(row, strings.ReplaceAll(plain(strings.TrimSpace(cell)), "\x00", "|"))
	}
	return row
}
