package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Break is one fault, with the name of the cell in which it is tried.
type Break struct {
	Label     string
	Kind      string
	On        []string
	Direction [2]string // one way: from, to; empty for both
	Service   string    // of a node with several; else empty
}

// value is the cell as YAML.
func (b Break) value() string {
	fault := fmt.Sprintf("kind: %s, on: [%s]", b.Kind, strings.Join(b.On, ", "))
	if b.Direction != [2]string{} {
		fault += fmt.Sprintf(", direction: %s->%s", b.Direction[0], b.Direction[1])
	}
	if b.Service != "" {
		fault += ", service: " + b.Service
	}
	return fmt.Sprintf("{%s: %q, faults: [{%s}]}", record.CellLabel, b.Label, fault)
}

// WithBreaks returns the scenario with a cell of so many trials for each fault, in
// place of its own faults, matrix, expectations, claims and trials.
func (s Scenario) WithBreaks(suffix string, breaks []Break, trials int) (Scenario, error) {
	d := s.Source
	for _, key := range []string{"faults", "matrix", "expect", "claim", "trials", "standard", "missing", "summary"} {
		d = d.Without(key)
	}
	var cells []string
	set := []string{"name=" + s.Name + "-" + suffix, fmt.Sprintf("trials=%d", trials)}
	for _, b := range breaks {
		cells = append(cells, b.value())
	}
	if len(cells) > 0 {
		set = append(set, "matrix=["+strings.Join(cells, ", ")+"]")
	}
	if err := override(d, set); err != nil {
		return Scenario{}, err
	}
	return check(d)
}

// statesHealth says whether a service's health check is in the file.
func (s Scenario) statesHealth(name string) bool {
	for _, at := range s.Source.Root().Value("services").Items() {
		if own, _ := at.Value("name").Scalar(); own == name {
			return at.Has("health")
		}
	}
	return false
}

// Unchecked lists the services of which no health check is stated.
func (s Scenario) Unchecked() []string {
	var names []string
	for _, svc := range s.Services {
		if !s.statesHealth(svc.Name) || svc.Health.Kind == "none" {
			names = append(names, svc.Name)
		}
	}
	return names
}

// OnTopology makes a scenario of a topology, and of the services and the probes of
// a file.
func OnTopology(topology, services string, set ...string) (Scenario, error) {
	file, text, err := document.Read(services, "scenario", Names(), Shipped)
	if err != nil {
		return Scenario{}, err
	}
	d, err := document.Parse(file, text)
	if err != nil {
		return Scenario{}, err
	}
	if !d.Root().Has("services") {
		return Scenario{}, d.Root().Errorf("", "it states no services, of which at least one is to be validated")
	}
	for _, key := range d.Root().Keys() {
		if !slices.Contains(servicesKeys, key) {
			d = d.Without(key)
		}
	}
	source, err := topologies.LoadDocument(topology)
	if err != nil {
		return Scenario{}, err
	}
	d.Graft("topology", source.Root())
	name, _ := source.Root().Value("name").Scalar()
	if err := override(d, append([]string{"name=" + name}, set...)); err != nil {
		return Scenario{}, err
	}
	return check(d)
}

// servicesKeys are the keys of a scenario that don't depend on its topology, or
// that say how it is used.
var servicesKeys = []string{"services", "probes", "sustain", "limit", "settle"}

// Requirement reads what every trial is to meet: "metric op value", of a metric
// that each client has.
func (s Scenario) Requirement(text string) (Expectation, error) {
	e, err := ParseExpectation(text)
	switch {
	case err != nil:
		return e, err
	case e.Stat != "":
		return e, fmt.Errorf("%q is about a statistic, and a requirement about every case: leave out %s()", text, e.Stat)
	case e.Is != "":
		return e, fmt.Errorf("%q is about a place, and a requirement about a metric: interruption < 1s", text)
	}
	return e, s.checkClient(e.Metric, e.Of, "")
}
