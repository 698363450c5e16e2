package document

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// tooDeep guards the recursive parser. It counts opening brackets without
// regard to quotes, and indentation is bounded by the line's length.
func tooDeep(start place, text string) error {
	depth := 0
	for i, line := range strings.Split(text, "\n") {
		rest := strings.TrimLeft(line, " \t")
		if len(line)-len(rest) > 16*maxDepth || strings.Count(rest, "- -")+strings.Count(rest, "? ?") > maxDepth {
			return place{start.src, i + 1, 1}.errorf("this is nested too deeply")
		}
		for at, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
			if depth > maxDepth {
				return place{start.src, i + 1, utf8.RuneCountInString(line[:at]) + 1}.errorf("this is nested too deeply")
			}
		}
	}
	return nil
}

// tooMany guards the parser against mappings of very many keys, and against very
// many documents. It takes every line with a colon for a key.
func tooMany(start place, text string) error {
	type level struct{ indent, keys int }
	var open []level
	number, documents := 0, 0
	for line := range strings.Lines(text) {
		number++
		if strings.HasPrefix(line, "---") {
			open = nil
			if documents++; documents > maxDocuments {
				return place{start.src, number, 1}.errorf("there are many documents here; one file holds one")
			}
		}
		rest := strings.TrimLeft(line, " ")
		indent := len(line) - len(rest)
		item := strings.HasPrefix(rest, "-") // whose keys are those of another mapping
		key := strings.Contains(rest, ":") && !strings.HasPrefix(rest, "#") && !strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "?")
		if !item && !key {
			continue
		}
		for len(open) > 0 && open[len(open)-1].indent > indent {
			open = open[:len(open)-1]
		}
		if item {
			continue
		}
		if len(open) == 0 || open[len(open)-1].indent < indent {
			open = append(open, level{indent: indent})
		}
		if open[len(open)-1].keys++; open[len(open)-1].keys > maxKeys {
			return place{start.src, number, indent + 1}.errorf("the mapping has too many keys; the limit is %d", maxKeys)
		}
	}
	return nil
}

// tooBlank guards the parser against very many lines without a sign in a row.
func tooBlank(start place, text string) error {
	number, blank := 1, 0
	for i := range len(text) {
		switch c := text[i]; c {
		case '\n', '\r':
			if c == '\n' {
				number++
			} else if strings.HasPrefix(text[i+1:], "\n") {
				continue
			}
			if blank++; blank > maxBlank+1 {
				return place{start.src, number, 1}.errorf("too many lines in a row are empty; the limit is %d", maxBlank)
			}
		case ' ', '\t':
		default:
			blank = 0
		}
	}
	return nil
}

// tooEmpty guards the parser against very many places without a value.
func (t *tree) tooEmpty(tokens token.Tokens) error {
	signs := slices.DeleteFunc(slices.Clone(tokens), func(k *token.Token) bool { return k.Type == token.CommentType })
	var open []token.Type // brackets
	empty := 0
	for i, k := range signs {
		switch k.Type {
		case token.MappingStartType, token.SequenceStartType:
			open = append(open, k.Type)
		case token.MappingEndType, token.SequenceEndType:
			open = open[:max(len(open)-1, 0)]
		}
		if !lacksValue(signs[max(i-1, 0):i+1], signs[i+1:], len(open) > 0 && open[len(open)-1] == token.MappingStartType) {
			continue
		}
		if empty++; empty > maxEmpty {
			return t.place(k).errorf("too many values are empty; the limit is %d", maxEmpty)
		}
	}
	return nil
}

// lacksValue says whether the last of the tokens before may need a value that
// the next one is not.
func lacksValue(before, after token.Tokens, inBraces bool) bool {
	last := before[len(before)-1]
	owner := last
	switch {
	case before[0].Type == token.MappingKeyType: // ? key
		return len(after) == 0 || after[0].Type != token.MappingValueType
	case last.Type == token.MappingValueType:
		owner = before[0] // the key
	case slices.Contains([]token.Type{token.SequenceEntryType, token.TagType, token.MappingKeyType}, last.Type), before[0].Type == token.AnchorType:
	default: // {a, b}
		return inBraces && len(after) > 0 && closes(after[0]) && slices.Contains([]token.Type{token.MappingStartType, token.CollectEntryType}, before[0].Type)
	}
	if len(after) == 0 || closes(after[0]) {
		return true
	}
	next := after[0]
	under := next.Type == token.SequenceEntryType && last.Type == token.MappingValueType // a key's list may stand below the key itself
	return next.Position.Line != last.Position.Line && (next.Position.Column < owner.Position.Column || next.Position.Column == owner.Position.Column && !under)
}

// closes says whether a token of a list or mapping in brackets is no value.
func closes(k *token.Token) bool {
	return k.Type == token.CollectEntryType || k.Type == token.MappingEndType || k.Type == token.SequenceEndType
}
