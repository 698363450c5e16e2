package run

import (
	"bytes"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"anylab/lab/fault"
	"anylab/scenarios"
)

// Every shipped scenario obeys the schema that editors get, with the
// parameters of the faults as they are, and compiles.
func TestShippedScenarios(t *testing.T) {
	schema := published(t)
	for _, name := range scenarios.Names() {
		text, _ := scenarios.Shipped(name)
		if err := schema.Validate(asJSON(t, string(text))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		compile(t, name)
	}
}

func asJSON(t *testing.T, text string) any {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func published(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := scenarios.Schema(Kinds())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("schema.json")
}

// Every kind of fault is shown by a scenario that has its name.
func TestEveryFaultHasAScenario(t *testing.T) {
	for _, kind := range fault.Names() {
		s, err := scenarios.Load(kind)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(s.Faults) == 0 || s.Faults[0].Kind != kind {
			t.Errorf("scenario %s has the faults %v", kind, s.Faults)
		}
	}
}
