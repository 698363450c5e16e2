package document

import (
	"fmt"
	"strconv"
	"strings"
)

// Set sets the part at a dotted path to a value, which is parsed as YAML. An
// element of a list is named by its index, its name, its kind or its ends
// ("services.dns.port", "links.upstream-a.delay"); that of a list of one may
// be left out. Whether the key is known shows when the document is decoded.
func (d *Document) Set(key, value string) error { return d.SetPath(key, key, value) }

// SetPath is Set where the path is not the key that was written.
func (d *Document) SetPath(path, key, value string) error {
	at := setting(key + "=" + value)
	v, err := parseTree(at.src, value, len([]rune(key))+1)
	if err != nil {
		return err
	}
	return d.set(at, path, v)
}

// Setting is the place of an override "key=value", for errors about it.
func Setting(kv string) Raw { return Flagged("--set", kv) }

// Flagged is the place of a flag's value, for errors about it.
func Flagged(flag, value string) Raw { return Raw{n: &node{at: flagged(flag, value), size: 1}} }

func setting(kv string) place { return flagged("--set", kv) }

func flagged(flag, value string) place {
	return place{&source{file: flag, dir: ".", lines: strings.Split(value, "\n")}, 1, 1}
}

// SetRaw is Set with a part of a document; errors about the key stand at the
// place of axis, which has the key.
func (d *Document) SetRaw(key string, axis Raw, axisKey string, value Raw) error {
	return d.set(axis.keyPlace(axisKey), key, value.n)
}

// Graft puts a part under a key of the root mapping, as it is.
func (d *Document) Graft(key string, value Raw) {
	d.changed = true
	d.root = d.root.with(key, d.root.at, value.n)
}

// Without returns a copy of the document that lacks a key of its root.
func (d *Document) Without(key string) *Document {
	root := *d.root
	root.pairs = nil
	for _, p := range d.root.pairs {
		if p.key != key {
			root.pairs = append(root.pairs, p)
		}
	}
	return &Document{text: d.text, root: &root, changed: true}
}

func (d *Document) set(at place, key string, value *node) error {
	root, err := setIn(d.root, setter{at, value}, strings.Split(key, "."), "")
	if err != nil {
		return err
	}
	d.root, d.changed = root, true
	return nil
}

type setter struct {
	at    place
	value *node
}

// setIn returns a copy of n in which the value at path is another. Nodes are
// never changed in place: aliases and copies of the document share them.
func setIn(n *node, s setter, path []string, done string) (*node, error) {
	if len(path) == 0 {
		return s.value, nil
	}
	switch n.kind {
	case sequence:
		return setItem(n, s, path, done)
	case scalar:
		if len(path) > 0 && done != "" {
			// A scalar form ("bfd: none", "topology: name") gives way to a mapping.
			n = &node{kind: mapping, at: n.at, size: 1}
		}
	case nothing:
		n = &node{kind: mapping, at: s.at, size: 1}
	}
	if path[0] == "" {
		return n, s.at.refuse("the key %q has an empty part", joinPath(done, strings.Join(path, ".")))
	}
	old := &node{at: s.at, size: 1}
	if p, ok := n.get(path[0]); ok {
		old = p.value
	}
	v, err := setIn(old, s, path[1:], joinPath(done, path[0]))
	if err != nil {
		return nil, err
	}
	return n.with(path[0], s.at, v), nil
}

func joinPath(a, b string) string {
	if a == "" {
		return b
	}
	return a + "." + b
}

func setItem(n *node, s setter, path []string, done string) (*node, error) {
	i, named := n.index(path[0])
	rest := path[1:]
	missing := func() string {
		return fmt.Sprintf("%s has no element %q%s; there are: %s", done, path[0], Suggest(path[0], named), Some(named))
	}
	if i < 0 && len(n.items) == 1 && !n.items[0].means(path) {
		i, rest = 0, path
	}
	if i < 0 {
		return n, s.at.refuse("%s", missing())
	}
	v, err := setIn(n.items[i], s, rest, joinPath(done, strconv.Itoa(i)))
	if err != nil {
		return nil, err
	}
	if _, had := n.items[i].get(path[0]); len(rest) == len(path) && !had && v.kind == mapping {
		v.pairs[len(v.pairs)-1].meant = "; and " + missing()
	}
	l := *n
	l.items = append([]*node(nil), n.items...)
	l.items[i] = v
	l.size += v.size - n.items[i].size
	return &l, nil
}

// means says of the only element of a list whether the path begins with its
// index, though a wrong one, or with its label, though misspelt. Else it begins
// with one of its keys.
func (n *node) means(path []string) bool {
	if _, err := strconv.Atoi(path[0]); err == nil {
		return true
	}
	_, key := n.get(path[0])
	return !key && len(path) > 1 && Suggest(path[0], []string{n.label()}) != ""
}

// index finds an element by index or label; -1 and the labels if there is none.
func (n *node) index(step string) (int, []string) {
	var labels []string
	for i, item := range n.items {
		label := item.label()
		if label != "" && label == step {
			return i, nil
		}
		if label == "" {
			label = strconv.Itoa(i)
		}
		labels = append(labels, label)
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.items) {
		return i, nil
	}
	return -1, labels
}

// label is what an element of a list is called: its name, ends or kind.
func (n *node) label() string {
	for _, key := range []string{"name", "endpoints", "kind"} {
		p, ok := n.get(key)
		if !ok {
			continue
		}
		var parts []string
		for _, r := range (Raw{n: p.value}).Items() {
			node, _, _ := strings.Cut(r.n.text, ":")
			parts = append(parts, node)
		}
		return strings.Join(parts, "-")
	}
	return ""
}

// with returns a copy of a mapping with another value under the key.
func (n *node) with(key string, at place, v *node) *node {
	m := *n
	m.pairs = append([]pair(nil), n.pairs...)
	for i, p := range m.pairs {
		if p.key == key {
			m.pairs[i].value = v
			m.size += v.size - p.value.size
			return &m
		}
	}
	m.pairs = append(m.pairs, pair{key: key, at: at, value: v})
	m.size += v.size
	return &m
}
