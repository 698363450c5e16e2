package main

import "strings"

// subject is what a page's title says after the topic's name.
func subject(page []byte) string {
	title, _, _ := strings.Cut(string(page), "\n")
	_, about, _ := strings.Cut(title, ": ")
	return about
}

// heading returns the level and the words of a heading, 0 if the line is none.
func heading(line string) (level int, words string) {
	words = strings.TrimLeft(line, "#")
	level = len(line) - len(words)
	if level == 0 || !strings.HasPrefix(words, " ") {
		return 0, ""
	}
	return level, strings.Trim(words, " `")
}

// headings lists the sections of a page.
func headings(page []byte) []string {
	var list []string
	code := false
	for line := range strings.SplitSeq(string(page), "\n") {
		code = code != strings.HasPrefix(line, "```")
		if level, words := heading(line); level > 1 && !code {
			list = append(list, words)
		}
	}
	return list
}

// section returns the part of a page below the heading that has the words,
// up to the next one that is not below it.
func section(page []byte, words string) ([]byte, bool) {
	var part strings.Builder
	within, code := 0, false
	for line := range strings.Lines(string(page)) {
		code = code != strings.HasPrefix(line, "```")
		level, found := heading(strings.TrimSpace(line))
		switch {
		case level == 0 || code:
		case within > 0 && level <= within:
			return []byte(part.String()), true
		case within == 0 && level > 1 && strings.EqualFold(found, words):
			within = level
		}
		if within > 0 {
			part.WriteString(line)
		}
	}
	return []byte(part.String()), within > 0
}
