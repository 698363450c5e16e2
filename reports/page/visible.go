package page

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line shows what a string would do unseen: control and escape bytes, marks
// that turn the direction of text, and bytes that are no text at all. Names of
// hosts and texts of users may hold any. Blanks and line ends become one blank.
func Line(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[0]), 16))
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsGraphic(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		s = s[size:]
	}
	return b.String()
}

// visible returns the page with nothing but visible strings and sections in it.
func (p Page) visible() Page {
	p.Title, p.Lead, p.Quote, p.Verdict = Line(p.Title), Line(p.Lead), Line(p.Quote), p.Verdict.visible()
	p.Choices = each(p.Choices, Line)
	p.Sections = slices.DeleteFunc(slices.Clone(p.Sections), Section.empty)
	for i := range p.Sections {
		s := &p.Sections[i]
		s.Title, s.Picture, s.Source = Line(s.Title), Line(s.Picture), lines(s.Source)
		s.Text, s.Head, s.Notes = each(s.Text, Line), each(s.Head, Line), each(s.Notes, Line)
		s.Badge, s.Labels, s.Charts = s.Badge.visible(), each(s.Labels, Line), each(s.Charts, Chart.visible)
		s.Rows = each(s.Rows, func(row []Cell) []Cell { return each(row, Cell.visible) })
	}
	return p
}

// empty says whether a section has nothing but perhaps a title.
func (s Section) empty() bool {
	return len(s.Text)+len(s.Rows)+len(s.Notes)+len(s.Picture)+len(s.Source)+len(s.Charts) == 0
}

// plain returns the page without what is for HTML alone.
func (p Page) plain() Page {
	p.Sections = slices.DeleteFunc(slices.Clone(p.Sections), func(s Section) bool { return len(s.Charts) > 0 })
	return p
}

func (c Cell) visible() Cell {
	c.Text, c.Link = Line(c.Text), Line(c.Link)
	return c
}

// Visible is a text of several lines with nothing in it that a terminal would
// follow.
func Visible(text string) string { return lines(strings.ReplaceAll(text, "\t", "        ")) }

// lines keeps the lines of a listing, and what they are indented by.
func lines(s string) string {
	return strings.Join(each(strings.Split(s, "\n"), Line), "\n")
}

func each[T any](list []T, f func(T) T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
