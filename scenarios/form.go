package scenarios

import (
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
	case (d.Root().Has("nodes") || d.Root().Has("generate")) && !d.Root().Has("topology"):
		return TopologyForm
	}
	return ScenarioForm
}
