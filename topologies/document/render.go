package document

import (
	"regexp"
	"strconv"
	"strings"
)

// render writes a tree as YAML: what fits goes on one line, the rest below.
func render(n *node) string {
	var b strings.Builder
	if n.kind == mapping || n.kind == sequence {
		block(&b, n, 0)
	} else {
		b.WriteString(flow(n) + "\n")
	}
	return b.String()
}

// renderWidth is how long a line with a nested value may be.
const renderWidth = 100

func block(b *strings.Builder, n *node, indent int) {
	pad := strings.Repeat("  ", indent)
	for _, p := range n.pairs {
		b.WriteString(pad + quoteKey(p.key) + ":")
		nested(b, p.value, indent)
	}
	for _, item := range n.items {
		b.WriteString(pad + "-")
		nested(b, item, indent)
	}
	if len(n.pairs)+len(n.items) == 0 {
		b.WriteString(pad + flow(n) + "\n")
	}
}

func nested(b *strings.Builder, n *node, indent int) {
	if s := flow(n); n.kind == scalar || n.kind == nothing || len(s)+2*indent <= renderWidth {
		b.WriteString(" " + s + "\n")
		return
	}
	b.WriteString("\n")
	block(b, n, indent+1)
}

// flow writes a tree on one line.
func flow(n *node) string {
	switch n.kind {
	case scalar:
		return quote(n)
	case mapping:
		var parts []string
		for _, p := range n.pairs {
			parts = append(parts, quoteKey(p.key)+": "+flow(p.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case sequence:
		var parts []string
		for _, item := range n.items {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "null"
}

var (
	plainScalar = regexp.MustCompile(`^(\.?\.?/|\.|-)?[A-Za-z0-9_]([A-Za-z0-9_./%:+()<>=@-]| [A-Za-z0-9_<>=(])*$`)
	plainKey    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)

func quote(n *node) string {
	if n.plain && plainScalar.MatchString(n.text) && !strings.Contains(n.text+" ", ": ") {
		return n.text
	}
	return strconv.Quote(n.text)
}

func quoteKey(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	return strconv.Quote(key)
}
