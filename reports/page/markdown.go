package page

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// Markdown writes a page as GitHub shows it. Pictures are linked relative to it.
func Markdown(w io.Writer, p Page) error {
	p = p.plain().visible()
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", joined(": ", inline(p.Title), inline(p.Verdict.Text)))
	if p.Lead != "" {
		fmt.Fprintf(&b, "\n%s.\n", block(p.Lead))
	}
	if p.Quote != "" {
		fmt.Fprintf(&b, "\n> %s\n", block(p.Quote))
	}
	for _, s := range p.Sections {
		s.markdown(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Section) markdown(b *strings.Builder) {
	if s.Source != "" {
		fence := strings.Repeat("`", max(3, 1+longestRun(s.Source, '`')))
		fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n%s\n%s\n%s\n\n</details>\n", inline(s.Title), fence, s.Source, fence)
		return
	}
	if s.Title != "" {
		fmt.Fprintf(b, "\n## %s\n", inline(s.Title))
	}
	for _, text := range s.Text {
		fmt.Fprintf(b, "\n%s\n", block(text))
	}
	if len(s.Rows) > 0 {
		s.table(b)
	}
	if len(s.Notes) > 0 {
		fmt.Fprintf(b, "\n- %s\n", strings.Join(each(s.Notes, block), "\n- "))
	}
	if s.Picture != "" {
		fmt.Fprintf(b, "\n![%s](%s)\n", inline(pictureName(s.Picture)), target(s.Picture))
	}
}

func (s Section) table(b *strings.Builder) {
	head, rules := make([]string, s.width()), make([]string, s.width())
	for i, right := range s.only(Number, Bar) {
		rules[i] = "---"
		if right {
			rules[i] = "---:"
		}
	}
	copy(head, each(s.Head, inline))
	fmt.Fprintf(b, "\n| %s |\n| %s |\n", strings.Join(head, " | "), strings.Join(rules, " | "))
	for _, row := range s.Rows {
		list := make([]string, s.width())
		for i, c := range row {
			list[i] = c.markdown()
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(list, " | "))
	}
}

func (c Cell) markdown() string {
	switch {
	case c.Link != "":
		return fmt.Sprintf("[%s](%s.md)", inline(c.Text), target(c.Link))
	case c.Kind == Code && c.Text != "":
		// A table ends its cells at every bar, in code as well.
		fence := strings.Repeat("`", 1+longestRun(c.Text, '`'))
		return fence + code.ReplaceAllString(strings.ReplaceAll(c.Text, "|", `\|`), " $0 ") + fence
	}
	return inline(c.Text)
}

// code is a text that can't stand between backticks without blanks: CommonMark
// 0.31 section 6.1 takes one off each end.
var code = regexp.MustCompile("(?s)^(`.*|.*`)$")

var markup = regexp.MustCompile("[\\\\`*\\[\\]<>|~$&]")

// inline takes the meaning from all signs that have one within a line. Those
// of a name_like_this have none.
func inline(s string) string {
	s = markup.ReplaceAllStringFunc(s, func(sign string) string {
		if entity, ok := map[string]string{"<": "&lt;", "&": "&amp;"}[sign]; ok {
			return entity
		}
		if sign == ">" {
			return sign // it closes what was never opened
		}
		return `\` + sign
	})
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		within := i > 0 && i+1 < len(runes) && wordly(runes[i-1]) && wordly(runes[i+1])
		if r == '_' && !within {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func wordly(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// opening is what begins something other than a paragraph: a heading, a list, a
// rule across the page, a quote.
var opening = regexp.MustCompile(`^(\d{0,9})([-+#.)])(\s|$|[-#])|^(>)`)

// block does the same at the beginning of a paragraph, too.
func block(s string) string {
	return opening.ReplaceAllString(strings.TrimSpace(inline(s)), `${1}\${2}${4}${3}`)
}

// target is a file of which a link can be made whatever its name is.
func target(file string) string {
	return strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", `\`, "%5C").Replace(file)
}

func pictureName(file string) string { return strings.TrimSuffix(path.Base(file), path.Ext(file)) }

// longestRun is how often a sign stands in a row.
func longestRun(s string, sign rune) int {
	longest, n := 0, 0
	for _, r := range s {
		if n++; r != sign {
			n = 0
		}
		longest = max(longest, n)
	}
	return longest
}
