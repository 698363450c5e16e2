package document

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// kind is the form of a YAML value.
type kind int

const (
	nothing kind = iota // null, or no value at all
	scalar
	mapping
	sequence
)

func (k kind) String() string {
	return [...]string{"an empty value", "a single value", "a mapping", "a list"}[k]
}

// node is a YAML value with its place. A tree of our own, and not the
// parser's, because overrides join parts of several sources.
type node struct {
	kind  kind
	text  string // of a scalar, without quotes
	plain bool   // the scalar has no quotes, so it may be a number or a boolean
	at    place
	pairs []pair  // of a mapping, in file order
	items []*node // of a sequence
	size  int     // values in it, itself included
}

type pair struct {
	key   string
	at    place
	value *node
	meant string // what else the key may have been meant for; empty: nothing
}

// Limits that no honest file comes near; beyond them a parser or a printer
// could run out of stack or memory ("billion laughs").
const (
	maxBytes = 1 << 19
	maxDepth = 64
	maxSize  = 1 << 18
	// The parser needs time that grows with the square of the number of a
	// mapping's keys in block style, of values that are not there, and of lines
	// without a sign at the end of a text of several lines.
	maxKeys      = 1 << 12
	maxEmpty     = 1 << 10
	maxBlank     = 1 << 7
	maxDocuments = 1 << 6
)

// parseTree parses text, which begins at column+1 of the first line of src.
func parseTree(src *source, text string, column int) (root *node, err error) {
	start := place{src, 1, column + 1}
	// The parser is not ours and has panicked on odd input before.
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, start.errorf("this is not YAML that can be read (%v)", r)
		}
	}()
	if len(text) > maxBytes {
		return nil, start.errorf("%d bytes is too long; the limit is %d", len(text), maxBytes)
	}
	if !utf8.ValidString(text) {
		return nil, start.errorf("this is not UTF-8 text")
	}
	if e := tooDeep(start, text); e != nil {
		return nil, e
	}
	if e := tooMany(start, text); e != nil {
		return nil, e
	}
	if e := tooBlank(start, text); e != nil {
		return nil, e
	}
	t := &tree{src: src, column: column, anchors: map[string]*node{}}
	tokens := lexer.Tokenize(text)
	if e := t.tooEmpty(tokens); e != nil {
		return nil, e
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxError(start, column, err)
	}
	return t.document(start, file)
}

func syntaxError(start place, column int, err error) error {
	var y yaml.Error
	if !errors.As(err, &y) {
		return start.errorf("%s", err)
	}
	t := tree{src: start.src, column: column}
	return t.place(y.GetToken()).errorf("%s", y.GetMessage())
}

// tree turns the parser's nodes into ours.
type tree struct {
	src     *source
	column  int // offset of the first line
	anchors map[string]*node

	number int    // of the line that was looked at last
	line   []rune // its signs
}

func (t *tree) place(tok *token.Token) place {
	if tok == nil || tok.Position == nil {
		return place{t.src, 1, t.column + 1}
	}
	p := place{t.src, max(tok.Position.Line, 1), max(tok.Position.Column, 1)}
	if p.line == 1 {
		p.col += t.column
	}
	return p
}

func (t *tree) document(start place, file *ast.File) (*node, error) {
	var root *node
	for _, d := range file.Docs {
		if d.Body == nil || d.Body.Type() == ast.DirectiveType || d.Body.Type() == ast.CommentType {
			continue
		}
		n, err := t.value(d.Body, 0)
		if err != nil {
			return nil, err
		}
		if root != nil {
			return nil, n.at.errorf("a second document begins here; one file holds one")
		}
		root = n
	}
	if root == nil {
		return &node{at: start, size: 1}, nil
	}
	return root, nil
}

func (t *tree) value(n ast.Node, depth int) (*node, error) {
	if n == nil {
		return &node{at: t.place(nil), size: 1}, nil
	}
	at := t.place(n.GetToken())
	if depth > maxDepth {
		return nil, at.errorf("this is nested too deeply")
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return t.mapping(at, n.Values, depth)
	case *ast.MappingValueNode:
		return t.mapping(at, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		return t.sequence(at, n, depth)
	case *ast.AnchorNode:
		return t.anchor(at, n, depth)
	case *ast.AliasNode:
		return t.alias(at, n)
	case *ast.NullNode:
		return &node{at: at, size: 1}, nil
	case *ast.LiteralNode:
		return &node{kind: scalar, text: n.Value.Value, at: at, size: 1}, nil
	case *ast.StringNode:
		plain := n.Token == nil || n.Token.Type != token.SingleQuoteType && n.Token.Type != token.DoubleQuoteType
		return &node{kind: scalar, text: n.Value, plain: plain, at: at, size: 1}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &node{kind: scalar, text: n.GetToken().Value, plain: true, at: at, size: 1}, nil
	}
	return nil, at.errorf("%s is not used in these files", strings.ToLower(n.Type().String()))
}

func (t *tree) mapping(at place, values []*ast.MappingValueNode, depth int) (*node, error) {
	m := &node{kind: mapping, at: at, size: 1}
	seen := map[string]place{}
	for i, v := range values {
		key, keyAt, err := t.key(v.Key)
		if err != nil {
			return nil, err
		}
		if first, ok := seen[key]; ok {
			return nil, keyAt.errorf("key %q is repeated; it is first set in line %d", key, first.line)
		}
		seen[key] = keyAt
		if i == 0 && t.at(at) != '{' {
			m.at = keyAt // a block mapping's own token is its first colon
		}
		value, err := t.value(v.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if value.kind == nothing {
			value.at = keyAt // nothing has no place of its own
		}
		if v.Key.GetToken().Type == token.StringType && value.kind == scalar && value.plain && value.at == t.after(keyAt, key+":") {
			if len(values) == 1 && t.at(at) != '{' {
				return &node{kind: scalar, text: key + ":" + value.text, plain: true, at: keyAt, size: 1}, nil // in a list
			}
			if err := keyAt.refusal("%s:%s is one word, which has no value; with a blank after the colon it is a key with its value: write `%s: %s`", key, value.text, key, value.text); err != nil {
				return nil, err
			}
		}
		m.pairs = append(m.pairs, pair{key: key, at: keyAt, value: value})
		if m.size += value.size; m.size > maxSize {
			return nil, keyAt.errorf("too many values")
		}
	}
	return m, nil
}

// after is the place behind a text of one line.
func (t *tree) after(p place, text string) place {
	p.col += len([]rune(text))
	return p
}

// at returns the sign that stands at a place of the source, 0 if there is none.
func (t *tree) at(p place) rune {
	if p.line > len(t.src.lines) {
		return 0
	}
	if t.number != p.line { // a line may be long and have many places
		t.number, t.line = p.line, []rune(t.src.lines[p.line-1])
	}
	if p.col > len(t.line) {
		return 0
	}
	return t.line[p.col-1]
}

func (t *tree) key(k ast.MapKeyNode) (string, place, error) {
	if k == nil {
		return "", place{}, t.place(nil).errorf("a key is missing")
	}
	at := t.place(k.GetToken())
	switch n := k.(type) {
	case *ast.StringNode:
		return n.Value, at, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return n.GetToken().Value, at, nil
	}
	return "", at, at.errorf("a key must be a plain word")
}

func (t *tree) sequence(at place, s *ast.SequenceNode, depth int) (*node, error) {
	l := &node{kind: sequence, at: at, size: 1}
	for _, v := range s.Values {
		item, err := t.value(v, depth+1)
		if err != nil {
			return nil, err
		}
		if item.kind == nothing && item.at.line <= 1 {
			item.at = at
		}
		l.items = append(l.items, item)
		if l.size += item.size; l.size > maxSize {
			return nil, at.errorf("too many values")
		}
	}
	return l, nil
}

func (t *tree) anchor(at place, a *ast.AnchorNode, depth int) (*node, error) {
	v, err := t.value(a.Value, depth+1)
	if err != nil {
		return nil, err
	}
	if a.Name == nil {
		return nil, at.errorf("an anchor without a name")
	}
	t.anchors[a.Name.GetToken().Value] = v
	return v, nil
}

// alias returns the anchor's own node: nothing is copied, and an anchor is
// known only after its end, so that it can't contain itself.
func (t *tree) alias(at place, a *ast.AliasNode) (*node, error) {
	if a.Value == nil {
		return nil, at.errorf("an alias without a name")
	}
	name := a.Value.GetToken().Value
	v, ok := t.anchors[name]
	if !ok {
		return nil, at.errorf("no anchor called %q before this", name)
	}
	return v, nil
}

func (n *node) get(key string) (pair, bool) {
	for _, p := range n.pairs {
		if p.key == key {
			return p, true
		}
	}
	return pair{}, false
}

func (n *node) keys() []string {
	var keys []string
	for _, p := range n.pairs {
		keys = append(keys, p.key)
	}
	return keys
}

// found says what a value is, for an error.
func (n *node) found() string {
	if n.kind == scalar {
		return fmt.Sprintf("%q", n.text)
	}
	return n.kind.String()
}
