package topologies

import (
	"embed"

	"anylab/topologies/document"
)

//go:embed *.yaml
var shipped embed.FS

// Names lists the shipped topologies.
func Names() []string { return document.Library{Files: shipped}.Names() }

// Shipped returns the text of a shipped topology.
func Shipped(name string) ([]byte, bool) { return document.Library{Files: shipped}.Text(name) }

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
func LoadDocument(nameOrPath string) (*document.Document, error) {
	file, text, err := document.Read(nameOrPath, "topology", Names(), Shipped)
	if err != nil {
		return nil, err
	}
	return document.Parse(file, text)
}

// Parse reads a topology from text; file is what errors call it, and what
// relative paths are relative to.
func Parse(file string, text []byte) (Topology, error) {
	d, err := document.Parse(file, text)
	if err != nil {
		return Topology{}, err
	}
	return build(d, d.Root())
}

// FromRaw makes a topology out of a part of a document, such as a topology
// inside a scenario.
func FromRaw(r document.Raw) (Topology, error) {
	if r.IsZero() {
		return Topology{}, r.Errorf("", "no topology")
	}
	return build(document.Of(r), r)
}

func checkName(t *Topology, f topologyFile) error {
	if err := document.CheckName(t.Name); err != nil {
		return f.At.Errorf("name", "%v", err)
	}
	return nil
}

func build(d *document.Document, r document.Raw) (Topology, error) {
	var f topologyFile
	if err := r.Decode(&f); err != nil {
		return Topology{}, err
	}
	if err := f.generate(); err != nil {
		return Topology{}, err
	}
	if err := f.share(); err != nil {
		return Topology{}, err
	}
	t := Topology{Name: f.Name, Summary: f.Summary, Source: d}
	steps := []func(*Topology, topologyFile) error{
		checkName, addNodes, addLinks, addAddresses, addMachines, addAnycast, checkGraph, addInternal,
	}
	for _, step := range steps {
		if err := step(&t, f); err != nil {
			return Topology{}, err
		}
	}
	t.ways = newWays(&t)
	return t, nil
}
