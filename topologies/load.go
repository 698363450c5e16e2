package topologies

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

//go:embed *.yaml
var shipped embed.FS

// Names lists the shipped topologies.
func Names() []string { return Library{Files: shipped}.Names() }

// Shipped returns the text of a shipped topology.
func Shipped(name string) ([]byte, bool) { return Library{Files: shipped}.Text(name) }

// Load reads a topology: a shipped name ("three-sites"), a path, or "-" for
// standard input. Mistakes in the file are of type *Error.
func Load(nameOrPath string) (Topology, error) {
	d, err := LoadDocument(nameOrPath)
	if err != nil {
		return Topology{}, err
	}
	return build(d, d.Root())
}

// LoadDocument reads a topology's document, which may be overridden before it
// is made into a topology by FromRaw.
func LoadDocument(nameOrPath string) (*Document, error) {
	file, text, err := ReadFile(nameOrPath, "topology", Names(), Shipped)
	if err != nil {
		return nil, err
	}
	return ParseDocument(file, text)
}

// ReadFile reads what a shipped name, a path or "-" (standard input) means,
// and says what to call it in errors. what is the kind of file.
func ReadFile(nameOrPath, what string, names []string, shipped func(string) ([]byte, bool)) (file string, text []byte, err error) {
	if nameOrPath == "-" {
		text, err = io.ReadAll(io.LimitReader(os.Stdin, maxBytes+1))
		if err != nil {
			return "", nil, fmt.Errorf("read %s from standard input: %w", what, err)
		}
		return "<stdin>", text, nil
	}
	if text, ok := shipped(nameOrPath); ok {
		return nameOrPath + ".yaml", text, nil
	}
	text, err = readLimited(nameOrPath)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(nameOrPath, "/.") {
		return "", nil, fmt.Errorf("no %s called %q%s; shipped are: %s; or give a path", what, nameOrPath, Suggest(nameOrPath, names), list(names))
	}
	if err != nil {
		return "", nil, fmt.Errorf("read %s: %w", what, err)
	}
	return nameOrPath, text, nil
}

// readLimited reads no more of a file than a document may have, whatever the
// path leads to.
func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

// Parse reads a topology from text; file is what errors call it, and what
// relative paths are relative to.
func Parse(file string, text []byte) (Topology, error) {
	d, err := ParseDocument(file, text)
	if err != nil {
		return Topology{}, err
	}
	return build(d, d.Root())
}

// FromRaw makes a topology out of a part of a document, such as a topology
// inside a scenario.
func FromRaw(r Raw) (Topology, error) {
	if r.n == nil {
		return Topology{}, r.Errorf("", "no topology")
	}
	return build(&Document{root: r.n, changed: true}, r)
}

func checkName(t *Topology, f topologyFile) error {
	if err := CheckName(t.Name); err != nil {
		return f.At.Errorf("name", "%v", err)
	}
	return nil
}

func build(d *Document, r Raw) (Topology, error) {
	var f topologyFile
	if err := r.decode(&f); err != nil {
		return Topology{}, err
	}
	t := Topology{Name: f.Name, Summary: f.Summary, Source: d}
	steps := []func(*Topology, topologyFile) error{
		checkName, addNodes, addLinks, addAddresses, addAnycast, checkGraph, checkInternal,
	}
	for _, step := range steps {
		if err := step(&t, f); err != nil {
			return Topology{}, err
		}
	}
	return t, nil
}
