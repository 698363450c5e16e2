package main

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// gap stands between two columns.
const gap = 2

// table lays out a table; its second line only says that the first is its head.
func (p *paper) table(lines []string) {
	var rows [][]string
	for i, l := range lines {
		if i != 1 {
			rows = append(rows, cells(l))
		}
	}
	widths := p.columns(rows)
	for i, row := range rows {
		p.row(row, widths, i == 0)
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

// columns returns the columns' widths: what they need, and where that is more
// than there is, as much less for the widest ones.
func (p *paper) columns(rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row[:min(len(row), len(widths))] {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for total(widths) > p.width {
		i := slices.Index(widths, slices.Max(widths))
		if widths[i] <= 8 {
			break // it can't be read any narrower
		}
		widths[i]--
	}
	return widths
}

func total(widths []int) int {
	n := gap * (len(widths) - 1)
	for _, w := range widths {
		n += w
	}
	return n
}

// row lays out one row, over as many lines as its longest cell needs.
func (p *paper) row(row []string, widths []int, head bool) {
	var folded [][]string
	height := 0
	for i := range widths {
		cell := ""
		if i < len(row) {
			cell = row[i]
		}
		folded = append(folded, fold(cell, widths[i]))
		height = max(height, len(folded[i]))
	}
	for n := range height {
		line := ""
		for i, w := range widths {
			part := ""
			if n < len(folded[i]) {
				part = folded[i][n]
			}
			line += part + strings.Repeat(" ", max(0, w-utf8.RuneCountInString(part))+gap)
		}
		line = strings.TrimRight(line, " ")
		if head {
			line = p.bold(line)
		}
		p.line(line)
	}
}
