package scenarios

import (
	"embed"
	"errors"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

//go:embed *.yaml
var shipped embed.FS

// Names lists the shipped scenarios.
func Names() []string { return document.Library{Files: shipped}.Names() }

// Shipped returns the text of a shipped scenario.
func Shipped(name string) ([]byte, bool) { return document.Library{Files: shipped}.Text(name) }

// Load reads a scenario: a shipped name (service-crash), a path, or "-" for
// standard input. Each set is "key=value" with a dotted key, applied in turn;
// "daemon", "multipath" and what begins with "bgp." or "bfd." are keys of the
// topology, "topology." leads to all of it. Mistakes in the file or in an
// override are of type *document.Error.
func Load(nameOrPath string, set ...string) (Scenario, error) {
	file, text, err := document.Read(nameOrPath, "scenario", Names(), Shipped)
	if err != nil {
		return Scenario{}, err
	}
	return Parse(file, text, set...)
}

// Parse reads a scenario from text; file is what errors call it, and what
// relative paths are relative to. The topology becomes part of Source, so
// that Source.String() can be parsed again wherever the topology isn't.
func Parse(file string, text []byte, set ...string) (Scenario, error) {
	d, err := document.Parse(file, text)
	if err != nil {
		return Scenario{}, err
	}
	if err := override(d, set); err != nil {
		return Scenario{}, err
	}
	return check(d)
}

// ParseStored reads the effective scenario that a run has stored
// (Source.String()), on whatever machine: files that it names are not looked
// for.
func ParseStored(text []byte) (Scenario, error) {
	d, err := document.ParseStored("scenario.yaml", text)
	if err != nil {
		return Scenario{}, err
	}
	return check(d)
}

// check builds the scenario and every cell of its matrix.
func check(d *document.Document) (Scenario, error) {
	s, err := build(d)
	if err != nil {
		return Scenario{}, err
	}
	if _, err := s.Cells(); err != nil {
		return Scenario{}, err
	}
	return s, nil
}

// embedTopology replaces the topology's name or path by the topology, and a
// mapping with a base by the base, changed as it says.
func embedTopology(d *document.Document) error {
	at := d.Root().Value("topology")
	if !at.IsMapping() || !at.Has("base") {
		return embedNamed(d, at)
	}
	if err := embedNamed(d, at.Value("base")); err != nil {
		return err
	}
	return amend(d, "topology", at)
}

// embedNamed puts the topology that at names in the place of the document's.
func embedNamed(d *document.Document, at document.Raw) error {
	name, ok := at.Scalar()
	if !ok {
		return nil
	}
	if name == "-" || name == "" {
		return at.Errorf("", "the topology is a shipped name, a path or a mapping")
	}
	if _, ok := topologies.Shipped(name); !ok && strings.ContainsAny(name, "/.") {
		name = at.Path(name)
	}
	t, err := topologies.LoadDocument(name)
	var mistake *document.Error
	switch {
	case errors.As(err, &mistake):
		return err // it names the topology's own file
	case err != nil:
		return at.Errorf("", "%v", err)
	}
	d.Graft("topology", t.Root())
	return nil
}

// amend sets what the mapping has, save for base, below the path: mappings
// key by key, anything else as a whole. So is a mapping whose own keys have dots,
// which would be taken for a path.
func amend(d *document.Document, path string, with document.Raw) error {
	for _, key := range with.Keys() {
		if path == "topology" && key == "base" {
			continue
		}
		value, below := with.Value(key), path+"."+key
		var err error
		if value.IsMapping() && !slices.ContainsFunc(value.Keys(), func(k string) bool { return strings.Contains(k, ".") }) {
			err = amend(d, below, value)
		} else {
			err = d.SetRaw(below, with, key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func build(d *document.Document) (Scenario, error) {
	if err := embedTopology(d); err != nil {
		return Scenario{}, err
	}
	var f scenarioFile
	if err := d.Root().Decode(&f); err != nil {
		return Scenario{}, err
	}
	t, err := topologies.FromRaw(f.Topology)
	if err != nil {
		return Scenario{}, err
	}
	s := Scenario{
		Name: f.Name, Summary: f.Summary, Standard: f.Standard, Topology: t,
		Sustain: f.Sustain, Limit: f.Limit, Settle: f.Settle, Missing: f.Missing, Source: d,
	}
	if s.Standard == "" && strings.HasPrefix(s.Name, record.RFC7747) {
		s.Standard = record.RFC7747
	}
	steps := []func(*Scenario, scenarioFile) error{
		checkName, checkTimes, addServices, addProbes, addTrials, addStart, addMonitoring, addFaults, addExpectations, addClaims, addMatrix,
	}
	for _, step := range steps {
		if err := step(&s, f); err != nil {
			return Scenario{}, err
		}
	}
	return s, nil
}

func addMonitoring(s *Scenario, f scenarioFile) error {
	m := f.Monitoring
	if m == nil {
		return nil
	}
	routers := s.Topology.Of(topologies.Router)
	if m.On == "" && len(routers) > 0 {
		m.On = routers[0]
	}
	if !slices.Contains(routers, m.On) {
		return m.At.Errorf("on", "%s", document.Unknown("router", m.On, routers))
	}
	s.Monitoring = &record.Monitoring{On: m.On, Scrape: m.Scrape, For: m.For}
	return nil
}

// checkName keeps the name fit for a directory.
func checkName(s *Scenario, f scenarioFile) error { return checkDirName(s.Name, f.At) }

// checkTimes: a trial ends at its limit, so service must have been sustained by
// then.
func checkTimes(s *Scenario, f scenarioFile) error {
	if s.Sustain >= s.Limit {
		at := "sustain"
		if !f.At.Has(at) {
			at = "limit"
		}
		return f.At.Errorf(at, "sustain is %v and limit %v; service can't be sustained for so long within the limit, so sustain must be shorter", document.Duration(s.Sustain), document.Duration(s.Limit))
	}
	return nil
}

func checkDirName(name string, at document.Raw) error {
	if err := document.CheckFileName(name); err != nil {
		return at.Errorf("name", "%v", err)
	}
	return nil
}
