package main

import (
	"regexp"
	"strings"

	"anylab/reports/page"
)

// widest is how long lines of text become on however wide a terminal.
const widest = 100

// paper lays out one page on a terminal.
type paper struct {
	strings.Builder
	width int
	bold  func(string) string
}

// layout lays out the Markdown that the manual is written in: headings,
// paragraphs, lists, tables and code. colour allows escape sequences.
func layout(text string, width int, colour bool) string {
	p := &paper{width: min(width, widest), bold: func(s string) string { return s }}
	if colour {
		p.bold = func(s string) string { return "\x1b[1m" + s + "\x1b[0m" }
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for len(lines) > 0 {
		n := block(lines)
		p.write(lines[:n])
		lines = lines[n:]
	}
	return p.String()
}

var (
	// alone matches a line that is a block: a heading, a remark, a picture, nothing.
	alone = regexp.MustCompile(`^(#|<!--|!\[|\s*$)`)
	// begins matches a line that begins a block.
	begins = regexp.MustCompile("^(#|<!--|!\\[|\\s*$|\\||```|- |[0-9]+\\. )")
	item   = regexp.MustCompile(`^(- |[0-9]+\. )`)
)

// block returns how many lines the first block has.
func block(lines []string) int {
	n := 1
	switch {
	case strings.HasPrefix(lines[0], "```"):
		for n < len(lines) && lines[n] != "```" {
			n++
		}
		return min(n+1, len(lines))
	case strings.HasPrefix(lines[0], "|"):
		for n < len(lines) && strings.HasPrefix(lines[n], "|") {
			n++
		}
		return n
	case alone.MatchString(lines[0]):
		return n
	}
	for n < len(lines) && !begins.MatchString(lines[n]) {
		n++
	}
	return n
}

func (p *paper) write(lines []string) {
	first := lines[0]
	level, words := heading(first)
	switch {
	case level > 0:
		p.line(p.bold(strings.Repeat("#", level) + " " + plain(words)))
	case strings.HasPrefix(first, "```"):
		for _, code := range lines[1:] {
			if code != "```" {
				p.line(strings.TrimRight("    "+code, " "))
			}
		}
	case strings.HasPrefix(first, "|"):
		p.table(lines)
	case strings.HasPrefix(first, "<!--"):
	default:
		text := plain(strings.Join(lines, " "))
		indent := strings.Repeat(" ", len(item.FindString(text)))
		for i, l := range page.Wrap(text, p.width-len(indent)) {
			if i > 0 {
				l = indent + l
			}
			p.line(l)
		}
	}
}

// line writes a line; of empty ones, which remarks leave, only the first.
func (p *paper) line(text string) {
	if text != "" || !strings.HasSuffix(p.String(), "\n\n") {
		p.WriteString(text + "\n")
	}
}

var (
	picture = regexp.MustCompile(`!\[([^]]*)\]\((?:\.\./)*([^)]*)\)`)
	link    = regexp.MustCompile(`\[([^]]*)\]\(([^)]*)\)`)
	strong  = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// plain takes the marks of links, pictures and emphasis out of a text.
func plain(text string) string {
	text = picture.ReplaceAllString(text, "[picture: $1: $2]")
	text = link.ReplaceAllStringFunc(text, func(s string) string {
		m := link.FindStringSubmatch(s)
		if strings.Contains(m[2], "://") {
			return m[1] + " (" + m[2] + ")"
		}
		return m[1]
	})
	return strings.ReplaceAll(strong.ReplaceAllString(text, "$1"), `\<`, "<")
}
