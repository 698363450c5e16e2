package document

import (
	"io/fs"
	"slices"
	"strings"
)

// Library is the files of one kind that are shipped with the program.
type Library struct {
	Files  fs.FS
	Prefix string // of their paths: a directory with its slash, or empty
}

// Names lists them, sorted.
func (l Library) Names() []string {
	names, err := fs.Glob(l.Files, l.Prefix+"*.yaml")
	if err != nil {
		return nil // cannot happen: the pattern is well-formed
	}
	for i, path := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(path, l.Prefix), ".yaml")
	}
	slices.Sort(names)
	return names
}

// Text returns a file's text.
func (l Library) Text(name string) ([]byte, bool) {
	text, err := fs.ReadFile(l.Files, l.Prefix+name+".yaml")
	return text, err == nil
}
