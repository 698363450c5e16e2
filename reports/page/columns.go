package page

import (
	"strings"
	"unicode/utf8"
)

// gap stands between two columns.
const gap = "  "

// Columns lays rows out side by side, each on one line or more, for a terminal of
// so many columns, 0 for one that is as wide as it takes. right says which
// columns are aligned at their right ends: numbers, which are never broken.
func Columns(rows [][]string, right []bool, width int) [][]string {
	is := func(i int) bool { return i < len(right) && right[i] }
	widths := fit(rows, is, width)
	var list [][]string
	for _, row := range rows {
		var lines []string
		for i, text := range row {
			parts := []string{text}
			if !is(i) {
				parts = Wrap(text, widths[i])
			}
			for n, part := range parts {
				if n == len(lines) {
					lines = append(lines, blank(widths[:i]))
				}
				pad := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(part)))
				if is(i) {
					pad, part = "", pad+part
				}
				lines[n] += part + pad + gap
			}
			for n := len(parts); n < len(lines); n++ {
				lines[n] += blank(widths[i : i+1])
			}
		}
		list = append(list, each(lines, func(line string) string { return strings.TrimRight(line, " ") }))
	}
	return list
}

// blank is as wide as the columns.
func blank(widths []int) (line string) {
	for _, w := range widths {
		line += strings.Repeat(" ", w) + gap
	}
	return line
}

// widestWord is how narrow a column may become if its words allow.
const widestWord = 20

// fit returns the columns' widths: what they need, and where that is more than
// there is, as much less for the widest ones, but not less than a word.
func fit(rows [][]string, right func(int) bool, width int) []int {
	widths, least := needed(rows)
	for total := across(widths); total > width && width > 0; total-- {
		widest := -1
		for i, w := range widths {
			if !right(i) && w > least[i] && (widest < 0 || w >= widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// needed returns the columns' widths, and how narrow they may become.
func needed(rows [][]string) (widths, least []int) {
	for _, row := range rows {
		for i, text := range row {
			if i == len(widths) {
				widths, least = append(widths, 0), append(least, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
			for _, word := range strings.Fields(text) {
				least[i] = max(least[i], min(widestWord, utf8.RuneCountInString(word)))
			}
		}
	}
	return widths, least
}

// least is how narrow a table may become.
func least(rows [][]string, right []bool) int {
	widths, least := needed(rows)
	for i := range least {
		if right[i] {
			least[i] = widths[i]
		}
	}
	return across(least)
}

// across is the width of a line of such columns.
func across(widths []int) int {
	total := -len(gap)
	for _, w := range widths {
		total += w + len(gap)
	}
	return total
}

// Wrap breaks a text at blanks into lines of at most so many signs, and a word
// that is longer than a line anywhere. 0 and less: one line.
func Wrap(text string, width int) []string {
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
