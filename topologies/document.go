package topologies

// Document is a YAML file that is decoded strictly and that can say, for
// every part of it, where it stands.
type Document struct{}

// Raw is a part of a document that is kept for whoever knows its form, with
// its place in the file.
type Raw struct{}

// Decode decodes the part strictly into v, a pointer to a struct. Errors name
// file, line, column, show a snippet and suggest the nearest known key.
func (r Raw) Decode(v any) error { return nil }

// Errorf returns an error at the place of the part's value under key (or of
// the part itself when key is empty), with file, line, column and snippet.
func (r Raw) Errorf(key, format string, args ...any) error { return nil }

// String returns the document's text, with the overrides applied.
func (d *Document) String() string { return "" }

// Load reads a topology: a shipped name ("three-sites") or a path.
func Load(name string) (Topology, error) { return Topology{}, nil }

// Names lists the shipped topologies.
func Names() []string { return nil }
