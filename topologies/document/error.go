package document

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Error is a mistake in a file, with its place.
type Error struct {
	File    string
	Line    int // from 1
	Column  int // from 1, in characters
	Msg     string
	Snippet string // the line, and a mark under the place; empty if there is no such line
}

// Error returns "file:line:column: message", and the snippet on further lines.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
	if e.Snippet == "" {
		return s
	}
	return s + "\n" + e.Snippet
}

// source is the text that a part of a document was read from.
type source struct {
	file  string
	dir   string // what relative paths in it are relative to
	lines []string

	stored bool // part of a record: nothing in it is refused
}

// place is a position in a source.
type place struct {
	src       *source
	line, col int // from 1
}

func (p place) errorf(format string, args ...any) *Error {
	e := &Error{Line: p.line, Column: p.col, Msg: printable(fmt.Sprintf(format, args...))}
	if p.src != nil {
		e.File, e.Snippet = p.src.file, p.src.snippet(p.line, p.col)
	}
	return e
}

// refusal is the error of what must not stand here, nil in a record: what is in
// one was accepted when it was made, by a version that may have been less strict.
func (p place) refusal(format string, args ...any) *Error {
	if p.src != nil && p.src.stored {
		return nil
	}
	return p.errorf(format, args...)
}

// refuse is refusal for those who return an error.
func (p place) refuse(format string, args ...any) error {
	if e := p.refusal(format, args...); e != nil {
		return e
	}
	return nil
}

// snippetWidth is how much of a long line an error shows: with what stands
// before it, it fits into 60 columns.
const snippetWidth = 52

func (s *source) snippet(line, col int) string {
	if line < 1 || line > len(s.lines) {
		return ""
	}
	text := []rune(printable(s.lines[line-1]))
	mark := min(max(col-1, 0), len(text))
	from := 0
	if len(text) > snippetWidth && mark > snippetWidth/2 {
		from = min(mark-snippetWidth/2, len(text)-snippetWidth)
	}
	text = text[from:min(len(text), from+snippetWidth)]
	// Tabs are repeated under the line, so that the mark is below its place
	// whatever a terminal makes of them.
	pad := []rune(strings.Repeat(" ", mark-from))
	for i := range pad {
		if i < len(text) && text[i] == '\t' {
			pad[i] = '\t'
		}
	}
	return fmt.Sprintf("%5d | %s\n      | %s^", line, string(text), string(pad))
}

// printable replaces control characters: the text goes to a terminal, and
// must not steer it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// Suggest returns ` (did you mean "x"?)` for the known word nearest to an
// unknown one, or nothing if none is near.
func Suggest(word string, known []string) string {
	// At most a third of the word may differ, but never all of it.
	best, distance := "", min(1+max(1, min(len(word), 40)/3), len(word))
	for _, k := range known {
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours between two words (optimal string alignment).
func editDistance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return max(len(a), len(b)) // no key is that long
	}
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+differ(a[i], b[j]))
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}

// Unknown says that a word is not one of the language's, and which is nearest.
func Unknown(what, word string, known []string) string {
	return fmt.Sprintf("unknown %s %q%s; known: %s", what, word, Suggest(word, known), list(known))
}

// NoSuch is Unknown for names that were given by users: there may be thousands.
func NoSuch(what, word string, names []string) string {
	return fmt.Sprintf("unknown %s %q%s; known: %s", what, word, Suggest(word, names), Some(slices.Sorted(slices.Values(names))))
}

// list joins words for an error, sorted.
func list(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(slices.Values(words)), ", ")
}

// longestList is how many names a line of text has at most, of which some more
// are only counted.
const longestList = 12

// Some joins names in their order: all, or the first of them and how many more
// there are.
func Some(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return Joined(names, ", ")
}

// Joined is Some for what is separated otherwise, and may be nothing.
func Joined(parts []string, separator string) string {
	if len(parts) <= longestList {
		return strings.Join(parts, separator)
	}
	shown := longestList - 2
	return fmt.Sprintf("%s%s... and %d more", strings.Join(parts[:shown], separator), separator, len(parts)-shown)
}
