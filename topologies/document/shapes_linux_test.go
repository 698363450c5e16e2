package document

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// shape is a kind of text: how it begins, what is repeated, how it ends.
type shape struct {
	first string
	piece func(i int) string // from 1
	last  string
}

func same(piece string) func(int) string { return func(int) string { return piece } }

// text is one of at most so many bytes.
func (s shape) text(size int) []byte {
	text := []byte(s.first)
	for i := 1; ; i++ {
		next := s.piece(i)
		if len(text)+len(next)+len(s.last) > size {
			return append(text, s.last...)
		}
		text = append(text, next...)
	}
}

var shapes = map[string]shape{
	"set in flow":              {"a: [", same("{a}, "), "1]"},
	"nulls in flow":            {"a: [", same("{a:}, "), "1]"},
	"nulls in flow list":       {"a: [", same("a: , "), "1]"},
	"set items":                {"", same("- {a}\n"), ""},
	"set items 3":              {"", same("- {a, b, c}\n"), ""},
	"null items":               {"", same("- {a: }\n"), ""},
	"empty anchors":            {"", same("- &a\n"), ""},
	"empty anchors of keys":    {"", same("- a: &a\n"), ""},
	"anchors of blocks":        {"", same("- &a\n  b: 1\n"), ""},
	"empty tags":               {"", same("- !a\n"), ""},
	"empty str tags":           {"", same("- !!str\n"), ""},
	"open keys in list":        {"", same("- ? a\n"), ""},
	"open keys":                {"", same("? a\n"), ""},
	"open keys in flow":        {first: "a: {", piece: func(i int) string { return fmt.Sprintf("? a%d, ", i) }, last: "1: 1}"},
	"lists under keys in list": {"", same("- a:\n  - b\n"), ""},
	"blank runs":               {"a: |\n", same("  x\n" + strings.Repeat("\n", 128)), ""},
	"blank runs of blocks":     {"", same("- |\n  x\n" + strings.Repeat("\n", 128)), ""},
	"blank run at the end":     {"a: |\n", same("  x\n"), strings.Repeat("\n", 128)},
	"blank returns":            {"a: |\n  x\n", same("\r"), ""},
	"comment between keys":     {"", same("- a: # c\n    b\n"), ""},
	"plain with blanks":        {"a: x\n", same("  x\n\n"), ""},
	"plain with colons":        {"a: x\n", same("  x:y\n"), ""},
	"plain with hash":          {"a: x\n", same("  x#y-?!&*\n"), ""},
	"plain of signs":           {"a: x", same("-?!&*|>%@"), ""},
	"folded in folded":         {"a: >\n", same("  x\n\n    y\n"), ""},
	"lefts":                    {"a: ", same("<"), ""},
	"merge blanks":             {"a: ", same("<< "), ""},
	"merge list":               {"", same("- << \n"), ""},
	"tags long":                {"", same("!"), ""},
	"keys":                     {piece: func(i int) string { return fmt.Sprintf("k%d: 1\n", i) }},
	"nested keys":              {first: "a:\n", piece: func(i int) string { return fmt.Sprintf("  k%d: 1\n", i) }},
	"groups": {piece: func(i int) string {
		return map[bool]string{true: fmt.Sprintf("g%d:\n", i)}[i%100 == 1] + fmt.Sprintf("  k%d: 1\n", i)
	}},
	"list of mappings":            {"", same("- a: 1\n  b: 2\n"), ""},
	"list of flow mappings":       {"", same("- {a: 1, b: 2}\n"), ""},
	"list of flow mappings lines": {"", same("- {a: 1,\n   b: 2}\n"), ""},
	"list of words":               {"", same("- a\n"), ""},
	"list of numbers":             {"", same("- 1\n"), ""},
	"list of lists":               {"", same("- - a\n  - b\n"), ""},
	"list of literals":            {"", same("- |\n  a\n  b\n"), ""},
	"one literal":                 {"a: |\n", same("  line\n"), ""},
	"one literal short":           {"a: |\n", same("  l\n"), ""},
	"one literal empty":           {"a: |\n  x\n", same("\n"), ""},
	"one folded":                  {"a: >\n", same("  line\n"), ""},
	"folded strip":                {"a: >-\n", same("  line\n"), ""},
	"long plain":                  {"a: b\n", same("  word\n"), ""},
	"long plain words":            {"a:", same(" word"), ""},
	"one word":                    {"", same("a"), ""},
	"double quoted":               {"a: \"", same("word "), ""},
	"double quoted lines":         {"a: \"", same("word\n  "), ""},
	"double quoted closed":        {"a: \"", same("word "), "\""},
	"double quoted lines closed":  {"a: \"", same("word\n  "), "\""},
	"escapes":                     {"a: \"", same("\\n\\u00e9"), "\""},
	"single quoted":               {"a: '", same("it''s "), "'"},
	"single quoted lines":         {"a: '", same("it''s\n  "), "'"},
	"many quotes":                 {"", same("- \"a\"\n"), ""},
	"many single quotes":          {"", same("- 'a'\n"), ""},
	"comments":                    {"a: 1\n", same("# c\n"), ""},
	"comments only":               {"", same("# c\n"), ""},
	"comments first":              {"", same("# c\n"), "a: 1\n"},
	"comment long":                {"a: 1 #", same(" c"), ""},
	"comments in list":            {"", same("- a # c\n"), ""},
	"comment lines in list":       {"", same("# c\n- a\n"), ""},
	"comments in mapping in list": {"", same("- a: 1 # c\n  # d\n  b: 2\n"), ""},
	"anchors":                     {piece: func(i int) string { return fmt.Sprintf("- &a%d x\n", i) }},
	"aliases":                     {"- &a x\n", same("- *a\n"), ""},
	"flow aliases":                {"- &a x\n- [", same("*a , "), "*a ]"},
	"merge":                       {"- &a {x: 1}\n", same("- {<<: *a}\n"), ""},
	"tags":                        {"", same("- !!str a\n"), ""},
	"tags own":                    {"", same("- !a a\n"), ""},
	"flow list":                   {"a: [", same("1, "), "1]"},
	"flow list open":              {"a: [", same("1, "), ""},
	"flow list lines":             {"a: [\n", same("  1,\n"), "  1]"},
	"flow list words":             {"a: [", same("word, "), "x]"},
	"flow list quotes":            {"a: [", same("\"w\", "), "x]"},
	"flow list of lists":          {"a: [", same("[1], "), "[]]"},
	"flow list of empties":        {"a: [", same("[], "), "[]]"},
	"flow list of mappings":       {"a: [", same("{a: 1}, "), "{}]"},
	"flow list of deep":           {"a: [", same(strings.Repeat("[", 60) + strings.Repeat("]", 60) + ", "), "{}]"},
	"flow list of pairs":          {"a: [", same("a: 1, "), "x]"},
	"flow mapping":                {first: "a: {", piece: func(i int) string { return fmt.Sprintf("k%d: 1, ", i) }, last: "x: 1}"},
	"flow mapping open":           {first: "a: {", piece: func(i int) string { return fmt.Sprintf("k%d: 1, ", i) }},
	"flow mapping lines":          {first: "a: {\n", piece: func(i int) string { return fmt.Sprintf("  k%d: 1,\n", i) }, last: "  x: 1}"},
	"flow mapping quoted":         {first: "a: {", piece: func(i int) string { return fmt.Sprintf("\"k%d\": 1, ", i) }, last: "x: 1}"},
	"flow mapping without values": {first: "a: {", piece: func(i int) string { return fmt.Sprintf("k%d, ", i) }, last: "x: 1}"},
	"flow root":                   {first: "{", piece: func(i int) string { return fmt.Sprintf("k%d: 1, ", i) }, last: "x: 1}"},
	"json":                        {"{\"a\":[", same("{\"a\":1,\"b\":[1,2]},\n"), "1]}"},
	"commas":                      {"a: [", same(","), ""},
	"colons":                      {"", same(":"), ""},
	"colons blank":                {"", same(": "), ""},
	"colons lines":                {"", same(":\n"), ""},
	"a: a: a:":                    {"", same("a: "), ""},
	"dashes":                      {"", same("- "), ""},
	"dashes lines":                {"", same("-\n"), ""},
	"dashes only":                 {"", same("-"), ""},
	"dashes tab":                  {"", same("-\t"), ""},
	"questions":                   {"", same("? "), ""},
	"question lines":              {"", same("? a\n"), ""},
	"question lines valued":       {piece: func(i int) string { return fmt.Sprintf("? a%d\n: b\n", i) }},
	"questions in list":           {piece: func(i int) string { return fmt.Sprintf("- ? a%d\n  : b\n", i) }},
	"documents":                   {"", same("--- {a: 1}\n"), ""},
	"document ends":               {"", same("...\n"), ""},
	"documents indented":          {"", same("a: 1\n---\n"), ""},
	"directives":                  {"", same("%YAML 1.2\n"), ""},
	"percent":                     {"", same("%"), ""},
	"blank lines":                 {"", same("\n"), ""},
	"blanks":                      {"", same(" "), ""},
	"blank lines of blanks":       {"", same("  \n"), ""},
	"tabs":                        {"", same("\t"), ""},
	"returns":                     {"", same("\r"), ""},
	"crlf":                        {"", same("- a\r\n"), ""},
	"crlf plain":                  {"a: b\r\n", same("  a\r\n"), ""},
	"stairs":                      {piece: func(i int) string { return strings.Repeat(" ", max(i, 0)%60) + "k:\n" }},
	"saw":                         {piece: func(i int) string { return strings.Repeat(" ", max(i, 0)%30) + fmt.Sprintf("k%d:\n", i) }},
	"mirrored saw":                {piece: func(i int) string { return strings.Repeat(" ", 30-max(i, 0)%30) + fmt.Sprintf("k%d:\n", i) }},
	"stars":                       {"", same("*"), ""},
	"ampersands":                  {"", same("&"), ""},
	"ampersand blanks":            {"", same("& "), ""},
	"anchor chain":                {"", same("&a "), ""},
	"tag chain":                   {"", same("!a "), ""},
	"bangs":                       {"", same("!"), ""},
	"pipes":                       {"", same("|\n"), ""},
	"pipe keys":                   {"", same("- |\n"), ""},
	"gt":                          {"", same("- >\n"), ""},
	"ats":                         {"", same("@"), ""},
	"backticks":                   {"", same("`"), ""},
	"closers":                     {"", same("]"), ""},
	"pairs of brackets":           {"", same("[]"), ""},
	"pairs of braces":             {"", same("{}"), ""},
	"pairs of brackets blank":     {"", same("[] "), ""},
	"quotes":                      {"", same("'"), ""},
	"double quotes":               {"", same("\""), ""},
	"quote blanks":                {"", same("' "), ""},
	"double quote blanks":         {"", same("\" "), ""},
	"backslashes":                 {"a: \"", same("\\"), ""},
	"hashes":                      {"", same("#"), ""},
	"accents":                     {"a:", same(" é"), ""},
	"accents in list":             {"", same("- é\n"), ""},
	"accents in one flow":         {"a: [", same("é, "), "é]"},
	"flow mappings on one line":   {"a: [", same("{é: \"ü\"}, "), "{}]"},
	"merge keys":                  {"", same("<<: a\n"), ""},
	"one key a document": {piece: func(i int) string {
		return map[bool]string{true: "---\n"}[i%1000 == 1] + fmt.Sprintf("k%d: 1\n", i)
	}},
	"list with plain lines":       {"", same("- a\n  b\n  c\n"), ""},
	"list with comments between":  {"", same("- a\n\n# c\n\n"), ""},
	"sequence under keys in list": {"", same("- a:\n  - b\n  - c\n"), ""},
	"keys with lists":             {piece: func(i int) string { return fmt.Sprintf("k%d:\n- a\n- b\n", i) }},
	"deep list of keys":           {"", same("- a:\n    b:\n      c:\n        d: 1\n"), ""},
	"null list":                   {"", same("- ~\n"), ""},
	"null values in list":         {"", same("- a:\n"), ""},
	"url list":                    {"", same("- http://a:80/b\n"), ""},
	"colon words":                 {"", same("- a:b\n"), ""},
	"numbers":                     {"a: ", same("1"), ""},
	"underscored numbers":         {"a: ", same("1_"), ""},
	"hex":                         {"a: 0x", same("f"), ""},
	"number list big":             {"", same("- 1e308\n"), ""},
	"long key":                    {"", same("k"), ": 1"},
	"long key words":              {"", same("k "), ": 1"},
	"long flow key":               {"{", same("k "), ": 1}"},
	"long anchor":                 {"a: &", same("k"), " 1"},
	"long tag":                    {"a: !", same("k"), " 1"},
}

// Whatever the text's shape, it is read or refused at its place, within a second
// of a processor that has nothing else to do.
func TestShapes(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		text := shapes[name].text(shapeSize)
		begun := processorTime()
		_, err := Parse("x.yaml", text)
		if took := processorTime() - begun; took > shapeTime {
			t.Errorf("%s: %d bytes take %v", name, len(text), took)
		}
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1) {
			t.Errorf("%s: an error without a place: %v", name, err)
		}
	}
	t.Logf("%d shapes of %d bytes tried", len(shapes), shapeSize)
}
