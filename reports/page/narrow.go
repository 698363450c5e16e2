package page

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Narrow breaks those lines of a text that are longer than so many columns, 0
// for no limit. What goes on begins below the line's last column if it has
// several, as in a list of names with what they mean.
func Narrow(text string, width int) string {
	return strings.Join(each(strings.Split(text, "\n"), func(line string) string { return narrow(line, width) }), "\n")
}

var (
	// listing is a line of a file that is shown, or the mark below it.
	listing = regexp.MustCompile(`^ *\d* \| `)
	columns = regexp.MustCompile(`^ *\S+( \S+)*  +`)
)

func narrow(line string, width int) string {
	if width <= 0 || utf8.RuneCountInString(line) <= width || listing.MatchString(line) {
		return line
	}
	head := columns.FindString(line)
	if utf8.RuneCountInString(head) > width/2 {
		head = ""
	}
	hang := strings.Repeat(" ", utf8.RuneCountInString(head))
	if head == "" {
		head = line[:len(line)-len(strings.TrimLeft(line, " "))]
		if hang = head; head != "" {
			hang += "  "
		}
	}
	rest := strings.TrimPrefix(line, head)
	first := Wrap(rest, width-utf8.RuneCountInString(head))[0]
	lines := []string{head + first}
	for _, part := range Wrap(strings.TrimSpace(strings.TrimPrefix(rest, first)), width-len(hang)) {
		lines = append(lines, hang+part)
	}
	return strings.Join(lines, "\n")
}
