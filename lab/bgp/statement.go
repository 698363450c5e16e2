package bgp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"anylab/topologies/document"
)

// statement is one of a configuration language with braces: words, and perhaps
// a block. What follows a block begins a statement of its own.
type statement struct {
	words []string
	block []statement
	at    Place
}

// dialect is what tells the languages with braces apart.
type dialect struct {
	lines bool   // a statement ends with its line, not with a semicolon
	sigil string // before a name that is used
	// define returns the name and the value if the statement gives a name to one.
	define func(words []string) (name string, value []string, ok bool)
	// include is the path of what a file includes, relative to the configuration's
	// directory; nil: no statement includes anything.
	include func(by, name string) string
}

// lexer reads statements.
type lexer struct {
	dialect
	text   string
	at     Place
	values map[string][]string
	from   texts
	depth  int // of includes
	*Reading
}

// scan reads the statements, those of included files in place of what includes
// them, and notes in the reading which files these are.
func (d dialect) scan(t texts, r *Reading) []statement {
	s := lexer{dialect: d, text: t.text, at: Place{t.name, 1}, values: map[string][]string{}, from: t, Reading: r}
	return s.statements()
}

// statements reads up to the brace that closes the block, or the end.
func (s *lexer) statements() []statement {
	var list []statement
	current := statement{}
	end := func() {
		if len(current.words) > 0 || current.block != nil {
			list = append(list, s.whole(s.expanded(current))...)
		}
		current = statement{}
	}
	for {
		w := s.next()
		switch w {
		case "", "}":
			end()
			return list
		case ";", "\n":
			end()
		case "{":
			current.at = s.placed(current)
			current.block = append([]statement{}, s.statements()...)
			end()
		default:
			current.at = s.placed(current)
			current.words = append(current.words, w)
		}
	}
}

func (s *lexer) placed(current statement) Place {
	if current.at.Line > 0 {
		return current.at
	}
	return s.at
}

// How deep files may include others, and how often in all.
const (
	maxDepth    = 8
	maxIncludes = 1000
)

// whole returns the statement, or what it includes.
func (s *lexer) whole(st statement) []statement {
	if s.include == nil || !st.starts("include") {
		return []statement{st}
	}
	files, err := s.from.include(s.include(st.at.File, st.word(1)))
	switch {
	case len(s.Included) > maxIncludes:
		return nil // and that was said
	case err == nil && s.depth == maxDepth:
		err = fmt.Errorf("it includes itself, or files include each other more than %d deep", maxDepth)
	}
	var list []statement
	for _, f := range files {
		var text []byte
		if err == nil {
			text, err = document.ReadFile(f.Path)
		}
		if err != nil {
			break
		}
		if s.Included = append(s.Included, f); len(s.Included) > maxIncludes {
			err = fmt.Errorf("more than %d files are included", maxIncludes)
			break
		}
		in := *s
		in.text, in.at, in.depth = string(text), Place{f.Name, 1}, s.depth+1
		list = append(list, in.statements()...)
	}
	if err != nil {
		s.Refused = append(s.Refused, Remark{st.at, fmt.Sprintf("%q: %v", st.text(), err)})
	}
	return list
}

// expanded puts values in place of names, and remembers names.
func (s *lexer) expanded(st statement) statement {
	if s.define == nil {
		return st
	}
	if name, value, ok := s.define(st.words); ok {
		s.values[s.sigil+name] = value
		return st
	}
	var words []string
	for _, w := range st.words {
		if value, ok := s.values[w]; ok {
			words = append(words, value...)
		} else {
			words = append(words, w)
		}
	}
	st.words = words
	return st
}

// next returns a word, a mark, or nothing at the end. Quoted text is a word,
// without its quotes.
func (s *lexer) next() string {
	for s.text != "" {
		switch c := s.text[0]; {
		case c == '\n':
			s.text = s.text[1:]
			if s.lines {
				s.at.Line++
				return "\n"
			}
			s.at.Line++
		case c == '#':
			_, rest, found := strings.Cut(s.text, "\n")
			s.text = rest
			if found {
				s.text = "\n" + rest
			}
		case strings.HasPrefix(s.text, "/*") && !s.lines:
			comment, rest, _ := strings.Cut(s.text, "*/")
			s.at.Line += strings.Count(comment, "\n")
			s.text = rest
		case strings.HasPrefix(s.text, "\\\n"):
			s.at.Line++
			s.text = s.text[2:]
		case strings.ContainsRune(" \t\r,", rune(c)):
			s.text = s.text[1:]
		case strings.ContainsRune("{};", rune(c)):
			s.text = s.text[1:]
			return string(c)
		case c == '"' || c == '\'':
			quoted, rest, _ := strings.Cut(s.text[1:], string(c))
			s.text = rest
			s.at.Line += strings.Count(quoted, "\n")
			if quoted == "" {
				quoted = " " // a word, not the end
			}
			return quoted
		default:
			return s.word()
		}
	}
	return ""
}

func (s *lexer) word() string {
	end := strings.IndexAny(s.text, " \t\r\n,{};#\"")
	if end < 0 {
		end = len(s.text)
	}
	w := s.text[:end]
	s.text = s.text[end:]
	return w
}

// starts says whether the statement begins with the words.
func (st statement) starts(words ...string) bool {
	if len(st.words) < len(words) {
		return false
	}
	for i, w := range words {
		if st.words[i] != w {
			return false
		}
	}
	return true
}

// after returns the words that come after the first one that is w.
func (st statement) after(w string) []string {
	for i, found := range st.words {
		if found == w {
			return st.words[i+1:]
		}
	}
	return nil
}

// word returns the i-th word, empty if there is none.
func (st statement) word(i int) string {
	if i >= len(st.words) {
		return ""
	}
	return st.words[i]
}

// text is the statement's words, as they might have been written.
func (st statement) text() string { return strings.Join(st.words, " ") }

// sayAS reads an AS number, which may be written with a dot (RFC 5396).
func sayAS(word string, at Place) Said[uint32] {
	high, low, dotted := strings.Cut(word, ".")
	if dotted {
		h, err1 := strconv.ParseUint(high, 10, 16)
		l, err2 := strconv.ParseUint(low, 10, 16)
		if err1 != nil || err2 != nil {
			return unread[uint32](at)
		}
		return said(uint32(h<<16|l), at)
	}
	n, err := strconv.ParseUint(word, 10, 32)
	if err != nil || n == 0 {
		return unread[uint32](at)
	}
	return said(uint32(n), at)
}

func sayAddr(word string, at Place) Said[netip.Addr] {
	a, err := netip.ParseAddr(word)
	if err != nil {
		return unread[netip.Addr](at)
	}
	return said(a, at)
}

// saySeconds reads a number of seconds.
func saySeconds(word string, at Place) Said[time.Duration] {
	n, err := strconv.ParseFloat(word, 64)
	if err != nil || n < 0 || n > 1e6 {
		return unread[time.Duration](at)
	}
	return said(time.Duration(n*float64(time.Second)), at)
}

// sayCount reads a small number.
func sayCount(word string, at Place) Said[int] {
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 {
		return unread[int](at)
	}
	return said(n, at)
}

// addPrefix adds a prefix that the word is, if it is one.
func addPrefix(list []Said[netip.Prefix], word string, at Place) []Said[netip.Prefix] {
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return list
	}
	return append(list, said(p.Masked(), at))
}
