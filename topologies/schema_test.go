package topologies

import (
	"bytes"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compile(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
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

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestSchema(t *testing.T) {
	text, err := Schema([]string{"gobgp", "other"})
	if err != nil {
		t.Fatal(err)
	}
	s := compile(t, text)
	for _, name := range Names() {
		file, _ := Shipped(name)
		if err := validate(t, s, file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []string{"colour: red", "bgp: {hold: 9}", "bfd: some", "daemon: quagga", "bfd: {interval: 50ms, multiplier: 0}"} {
		if validate(t, s, []byte(small+bad)) == nil {
			t.Errorf("the schema lets %q pass", bad)
		}
	}
	for _, good := range []string{"daemon: other", "bfd: none", "bfd: {interval: 50ms}", "bgp: {hold: 9s}"} {
		if err := validate(t, s, []byte(small+good)); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
