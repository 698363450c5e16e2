// Package document reads, changes and prints YAML whose every value knows its
// place.
package document

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Document is a YAML file that is decoded strictly and that can say, for
// every part of it, where it stands.
type Document struct {
	text    string
	root    *node
	changed bool
}

// Raw is a part of a document that is kept for whoever knows its form, with
// its place in the file.
type Raw struct {
	n    *node
	skip []string // keys that Decode leaves to others
}

// Parse parses YAML 1.2 text; file is the name that errors use, and
// what relative paths are relative to. Its errors are of type *Error.
func Parse(file string, text []byte) (*Document, error) { return parse(file, text, false) }

func parse(file string, text []byte, stored bool) (*Document, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark, which some editors write
	src := &source{file: file, dir: filepath.Dir(file), lines: strings.Split(string(text), "\n"), stored: stored}
	root, err := parseTree(src, string(text), 0)
	if err != nil {
		return nil, err
	}
	return &Document{text: string(text), root: root}, nil
}

// ParseStored parses the text of a document that a run has stored. Nothing in it
// is refused, if only it is YAML: it is decoded as far as it can be, and Errorf
// returns nil.
func ParseStored(file string, text []byte) (*Document, error) { return parse(file, text, true) }

// Of makes a document of a part of one.
func Of(r Raw) *Document { return &Document{root: r.n, changed: true} }

// IsZero says whether there is no such part.
func (r Raw) IsZero() bool { return r.n == nil }

// Stored says whether the part was read out of a run's record: nothing is
// refused, and the files that it names may be gone.
func (r Raw) Stored() bool { return r.n != nil && r.n.at.src != nil && r.n.at.src.stored }

// Root returns the whole document.
func (d *Document) Root() Raw { return Raw{n: d.root} }

// String returns the document's text, with the overrides applied. A document
// that was overridden loses its comments.
func (d *Document) String() string {
	if d == nil {
		return ""
	}
	if !d.changed {
		return d.text
	}
	return render(d.root)
}

// Decode decodes the part strictly into v, a pointer to a struct. Errors name
// file, line, column, show a snippet and suggest the nearest known key.
//
// Fields are called by their yaml tag, else by their name in snake_case. A
// duration needs a unit; a type with UnmarshalText reads its own. The tags
// `default:"1s"`, `min:"1"`, `max:"9"`, `enum:"a b"` and the option `yaml:",required"`
// are checked here and shown in the JSON Schema, with the tag doc.
func (r Raw) Decode(v any) error {
	if e := r.decode(v); e != nil {
		return e
	}
	return nil
}

// Errorf returns an error at the place of the part's value under key (or of
// the part itself when key is empty), with file, line, column and snippet.
// The key may be a path: "health.kind", "links.0.endpoints.1". In a stored
// document it returns nil.
func (r Raw) Errorf(key, format string, args ...any) error {
	return r.At(key).place().refuse(format, args...)
}

// At returns the part under the path, or the innermost part on the way to it
// that exists.
func (r Raw) At(path string) Raw {
	if r.n == nil || path == "" {
		return Raw{n: r.n}
	}
	n := r.n
	for step := range strings.SplitSeq(path, ".") {
		next := n.child(step)
		if next == nil {
			break
		}
		n = next
	}
	return Raw{n: n}
}

// child returns the value under a key or an index, or nil.
func (n *node) child(step string) *node {
	if p, ok := n.get(step); ok {
		return p.value
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.items) {
		return n.items[i]
	}
	return nil
}

// Has reports whether the part is a mapping with the key.
func (r Raw) Has(key string) bool {
	if r.n == nil {
		return false
	}
	_, ok := r.n.get(key)
	return ok
}

// HasPath reports whether there is a part under the path, as At takes it.
func (r Raw) HasPath(path string) bool {
	n := r.n
	for step := range strings.SplitSeq(path, ".") {
		if n == nil {
			return false
		}
		n = n.child(step)
	}
	return n != nil
}

// Scalar returns the text of a single value, and whether the part is one.
func (r Raw) Scalar() (string, bool) {
	if r.n == nil || r.n.kind != scalar {
		return "", false
	}
	return r.n.text, true
}

// Value returns the value under a key, which may contain dots.
func (r Raw) Value(key string) Raw {
	if r.n == nil {
		return Raw{}
	}
	p, _ := r.n.get(key)
	return Raw{n: p.value}
}

// Items returns the elements of a list; a single value is a list of one.
func (r Raw) Items() []Raw {
	if r.n == nil {
		return nil
	}
	if r.n.kind == scalar {
		return []Raw{r}
	}
	var items []Raw
	for _, n := range r.n.items {
		items = append(items, Raw{n: n})
	}
	return items
}

// Keys returns the keys of a mapping in file order.
func (r Raw) Keys() []string {
	if r.n == nil {
		return nil
	}
	return r.n.keys()
}

// String returns the part as YAML; a single value without quotes.
func (r Raw) String() string {
	if r.n == nil {
		return ""
	}
	if r.n.kind == scalar {
		return r.n.text
	}
	return flow(r.n)
}

// IsMapping reports whether the part has keys.
func (r Raw) IsMapping() bool { return r.n != nil && r.n.kind == mapping }

// IsList reports whether the part is a list.
func (r Raw) IsList() bool { return r.n != nil && r.n.kind == sequence }

// Path returns a path that is relative to the part's file as one that is
// relative to the working directory.
func (r Raw) Path(p string) string {
	paths := r.Paths(p)
	for _, path := range paths {
		if exists(path) {
			return path
		}
	}
	return paths[0]
}

// Paths lists what Path chooses from: what is not beside a symbolic link may be
// beside the file that it leads to.
func (r Raw) Paths(p string) []string {
	if r.n == nil || r.n.at.src == nil || filepath.IsAbs(p) {
		return []string{p}
	}
	paths := []string{filepath.Join(r.n.at.src.dir, p)}
	if file, err := filepath.EvalSymlinks(r.n.at.src.file); err == nil && filepath.Dir(file) != r.n.at.src.dir {
		paths = append(paths, filepath.Join(filepath.Dir(file), p))
	}
	return paths
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (r Raw) place() place {
	if r.n == nil {
		return place{}
	}
	return r.n.at
}

// keyPlace is where the key stands, not its value.
func (r Raw) keyPlace(key string) place {
	if r.n != nil {
		if p, ok := r.n.get(key); ok {
			return p.at
		}
	}
	return r.place()
}

// KeyErrorf is like Errorf, but at the key itself.
func (r Raw) KeyErrorf(key, format string, args ...any) error {
	return r.keyPlace(key).refuse(format, args...)
}

// Line is where the part stands in its file, from 1; 0 if there is no such part.
func (r Raw) Line() int { return r.place().line }
