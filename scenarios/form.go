package scenarios

import (
	"slices"
	"strings"

	"anylab/topologies"
	"anylab/topologies/document"
)

// Form is what a file describes.
type Form int

// The forms of files.
const (
	ScenarioForm Form = iota
	SuiteForm
	TopologyForm
	InternetForm // a scenario of the Internet, which is simulated
)

// FormOf says what a shipped name or a path leads to. A scenario comes before a
// topology of the same name; standard input, and what can't be read, is taken for
// a scenario.
func FormOf(nameOrPath string) Form {
	if _, ok := Shipped(nameOrPath); ok || nameOrPath == "-" {
		return ScenarioForm
	}
	if _, ok := ShippedSuite(nameOrPath); ok {
		return SuiteForm
	}
	if _, ok := topologies.Shipped(nameOrPath); ok {
		return TopologyForm
	}
	if _, ok := ShippedInternet(nameOrPath); ok {
		return InternetForm
	}
	file, text, err := document.Read(nameOrPath, "scenario", nil, Shipped)
	if err != nil {
		return ScenarioForm
	}
	d, err := document.Parse(file, text)
	switch {
	case err != nil:
		return ScenarioForm
	case d.Root().Has("scenarios"):
		return SuiteForm
	case ofInternet(d):
		return InternetForm
	case ofTopology(d):
		return TopologyForm
	}
	return ScenarioForm
}

// ofTopology says whether a document has what topologies have and scenarios do not.
func ofTopology(d *document.Document) bool {
	has := func(key string) bool { return d.Root().Has(key) }
	return slices.ContainsFunc([]string{"nodes", "generate", "links", "anycast"}, has) && !slices.ContainsFunc([]string{"topology", "services", "probes", "faults"}, has)
}

// ofInternet says whether a scenario's topology, in it or in a file, is the Internet.
func ofInternet(d *document.Document) bool {
	at := d.Root().Value("topology")
	if name, ok := at.Scalar(); ok && strings.ContainsAny(name, "/.") {
		if t, err := topologies.LoadDocument(at.Path(name)); err == nil {
			return t.Root().Has("internet")
		}
	}
	return at.Has("internet")
}
