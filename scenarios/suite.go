package scenarios

import (
	"embed"
	"os"
	"slices"
	"strings"

	"anylab/topologies/document"
)

//go:embed suites/*.yaml
var suiteFiles embed.FS

var shippedSuites = document.Library{Files: suiteFiles, Prefix: "suites/"}

// Suite is several scenarios that are run in turn, with one verdict.
type Suite struct {
	Name      string
	Summary   string
	Notes     []string // what it leaves out, and why: part of its report
	Scenarios []string // shipped names or paths, as Load takes them
}

// suiteFile is the form of a suite's file.
type suiteFile struct {
	Name      string       `yaml:"name,required" doc:"what the suite is called; the directory of its runs has this name"`
	Summary   string       `yaml:"summary" doc:"one sentence for whoever chooses a suite"`
	Notes     []string     `yaml:"notes" doc:"what it leaves out, and why; part of the report"`
	Scenarios []string     `yaml:"scenarios,required" doc:"shipped names, or paths relative to this file, in the order in which they are run"`
	At        document.Raw `yaml:",self"`
}

// SuiteNames lists the shipped suites.
func SuiteNames() []string { return shippedSuites.Names() }

// ShippedSuite returns the text of a shipped suite.
func ShippedSuite(name string) ([]byte, bool) { return shippedSuites.Text(name) }

// LoadSuite reads a suite: a shipped name, or a path. Its scenarios are there;
// whether they are sound shows when they are loaded.
func LoadSuite(nameOrPath string) (Suite, error) {
	file, text, err := document.Read(nameOrPath, "suite", SuiteNames(), ShippedSuite)
	if err != nil {
		return Suite{}, err
	}
	return ParseSuite(file, text)
}

// ParseSuite reads a suite from text; file is what errors call it, and what
// relative paths are relative to.
func ParseSuite(file string, text []byte) (Suite, error) {
	d, err := document.Parse(file, text)
	if err != nil {
		return Suite{}, err
	}
	var f suiteFile
	if err := d.Root().Decode(&f); err != nil {
		return Suite{}, err
	}
	if err := checkDirName(f.Name, f.At); err != nil {
		return Suite{}, err
	}
	s := Suite{Name: f.Name, Summary: f.Summary, Notes: f.Notes}
	for _, item := range f.At.Value("scenarios").Items() {
		member, err := suiteMember(item)
		if err != nil {
			return Suite{}, err
		}
		if slices.Contains(s.Scenarios, member) {
			return Suite{}, item.Errorf("", "the scenario %s is repeated", item)
		}
		s.Scenarios = append(s.Scenarios, member)
	}
	if len(s.Scenarios) == 0 {
		return Suite{}, f.At.Errorf("scenarios", "the suite has no scenario")
	}
	return s, nil
}

func suiteMember(item document.Raw) (string, error) {
	name, _ := item.Scalar()
	if _, ok := Shipped(name); ok {
		return name, nil
	}
	if _, ok := ShippedSuite(name); ok {
		return "", item.Errorf("", "%s is a suite, and a suite is made of scenarios: list those of it", name)
	}
	if !strings.ContainsAny(name, "/.") || name == "-" {
		return "", item.Errorf("", "%s", document.NoSuch("scenario", name, Names()))
	}
	path := item.Path(name)
	if _, err := os.Stat(path); err != nil {
		return "", item.Errorf("", "the scenario can't be read: %v", err)
	}
	if FormOf(path) == SuiteForm {
		return "", item.Errorf("", "%s is a suite, and a suite is made of scenarios: list those of it", name)
	}
	return path, nil
}

// SuiteSchema returns the JSON Schema (draft 2020-12) of a suite's file.
func SuiteSchema() ([]byte, error) {
	return document.MarshalSchema("suite", document.SchemaOf(suiteFile{}))
}
