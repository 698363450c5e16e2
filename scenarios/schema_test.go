package scenarios

import (
	"bytes"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"anylab/topologies/document"
)

func compile(t *testing.T, k Kinds) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(k)
	if err != nil {
		t.Fatal(err)
	}
	return compiled(t, text)
}

func compiled(t *testing.T, text []byte) *jsonschema.Schema {
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
	type loss struct {
		Share document.Percent `yaml:"share,required" doc:"of packets"`
	}
	type crash struct {
		Service string `yaml:"service"`
	}
	params := map[string]any{
		"service-crash": &crash{}, "service-hang": &struct{}{}, "link-down": nil, "withdraw": nil,
		"daemon-kill": nil, "link-loss": &loss{},
	}
	open, closed := compile(t, Kinds{}), compile(t, Kinds{Faults: params})
	for _, name := range Names() {
		text, _ := Shipped(name)
		if err := validate(t, open, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := validate(t, closed, text); err != nil && known(t, name, params) {
			t.Errorf("%s: %v", name, err)
		}
	}
	tests := []struct {
		add          string
		open, closed bool
	}{
		{"matrix: {bfd.interval: [10ms]}", true, true},
		{"faults: [{kind: link-loss, on: [up, a], share: 5%}]", true, true},
		{"faults: [{kind: link-loss, on: [up, a]}]", true, false},
		{"faults: [{kind: link-loss, on: [up, a], share: 5%, more: 1}]", true, false},
		{"faults: [{kind: flood, on: a}]", true, false},
		{"faults: [{kind: withdraw}]", false, false},
		{"matrix: [{label: x, bfd.interval: 10ms, faults: []}, {trials: 3}]", true, true},
		{"matrix: {}", false, false},
		{"matrix: [{}]", false, false},
		{"matrix: [a]", false, false},
		{"standard: rfc7747", true, true},
		{"standard: rfc1", false, false},
		{"trials: 0", false, false},
		{"trials: {max: 30, until: ci95(median(outage)) < 5%}", true, true},
		{"trials: {max: 30}", false, false},
		{"trials: many", false, false},
		{"trials: 2000000", false, false},
		{"trials: {max: 2000000, until: ci95(median(outage)) < 5%}", false, false},
		{"matrix: {trials: []}", false, false},
		{"topology: {base: three-sites}", true, true},
		{"topology: {base: three-sites, bgp: {hold: 3s}, links: {upstream-a: {switch: true}}}", true, true},
		{"topology: {base: three-sites, bpg: {hold: 3s}}", false, false},
		{"topology: {bgp: {hold: 3s}}", false, false},
		{"limit: 30", false, false},
		{"trails: 3", false, false},
	}
	for _, tt := range tests {
		text := []byte(small + tt.add)
		if strings.HasPrefix(tt.add, "topology:") {
			text = []byte(strings.Replace(small, inlineTopology, tt.add+"\n", 1))
		}
		if err := validate(t, open, text); (err == nil) != tt.open {
			t.Errorf("%s: open schema says %v", tt.add, err)
		}
		if err := validate(t, closed, text); (err == nil) != tt.closed {
			t.Errorf("%s: schema with kinds says %v", tt.add, err)
		}
	}
}

// known says whether params has all kinds of faults of a shipped scenario.
func known(t *testing.T, name string, params map[string]any) bool {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range s.Faults {
		if _, ok := params[f.Kind]; !ok {
			return false
		}
	}
	return true
}

// TestInternetSchema: the schema takes what the decoder takes, and refuses what it refuses.
func TestInternetSchema(t *testing.T) {
	text, err := InternetSchema()
	if err != nil {
		t.Fatal(err)
	}
	s := compiled(t, text)
	for _, name := range InternetNames() {
		text, _ := ShippedInternet(name)
		if err := validate(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	const head = "name: x\ntopology: {internet: {ases: 100}, sites: {a: {transit: 1}}"
	const tail = "}\nfaults: [{kind: withdraw, on: a}]\n"
	for rest, good := range map[string]bool{
		head + tail: true,
		"name: x\ntopology: net.yaml\nfaults: [{kind: withdraw, on: a}]\n": true,
		head + ", mrai: 30s" + tail:                                        true,
		head + ", mrai: {0s: 70%, 30s: 30%}" + tail:                        true,
		head + tail + "expect: [outage < 1s]\n":                            true,
		head + tail + "matrix: {topology.mrai: [0s, 30s]}\n":               true,
		head + ", mray: 30s" + tail:                                        false,
		head + ", mrai: [30s]" + tail:                                      false,
		head + tail + "matrix: {topology.mrai: 0s}\n":                      false,
		head + tail + "matrix: {topology.mrai: []}\n":                      false,
		head + tail + "trials: 0\n":                                        false,
		"name: x\ntopology: {sites: {a: {transit: 1}}" + tail:              false,
	} {
		if err := validate(t, s, []byte(rest)); (err == nil) != good {
			t.Errorf("%s: the schema says %v", rest, err)
		}
		if strings.Contains(rest, "net.yaml") {
			continue // it isn't there
		}
		if _, err := ParseInternet("x.yaml", []byte(rest)); (err == nil) != good {
			t.Errorf("%s: the decoder says %v", rest, err)
		}
	}
}
