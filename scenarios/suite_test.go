package scenarios

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"anylab/topologies/document"
)

func TestShippedSuites(t *testing.T) {
	if !slices.Contains(SuiteNames(), "rfc7747") {
		t.Errorf("shipped: %v", SuiteNames())
	}
	for _, name := range SuiteNames() {
		s, err := LoadSuite(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Name != name || s.Summary == "" || FormOf(name) != SuiteForm {
			t.Errorf("%s: name %q, summary %q", name, s.Name, s.Summary)
		}
		if text, _ := ShippedSuite(name); text[0] != '#' {
			t.Errorf("%s doesn't begin with what it is for", name)
		}
		if _, ok := Shipped(name); ok {
			t.Errorf("%s is both a suite and a scenario", name)
		}
		for _, member := range s.Scenarios {
			if _, err := Load(member); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestSuiteByPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "suites")
	path, own := filepath.Join(dir, "mine.yaml"), filepath.Join(dir, "own.yaml")
	for file, text := range map[string]string{
		path: "name: mine\nnotes: [no power]\nscenarios: [no-fault, ./own.yaml, ../other.yaml]\n",
		own:  small, filepath.Join(dir, "../other.yaml"): small,
	} {
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := LoadSuite(path)
	want := []string{"no-fault", filepath.Join(dir, "own.yaml"), filepath.Join(filepath.Dir(dir), "other.yaml")}
	if err != nil || !slices.Equal(s.Scenarios, want) || len(s.Notes) != 1 {
		t.Errorf("%+v, %v; want %v", s, err, want)
	}
	for name, want := range map[string]bool{path: true, own: false, "no-fault": false, "-": false, "no-such": false, "rfc7747": true} {
		if (FormOf(name) == SuiteForm) != want {
			t.Errorf("%s is a suite: %v, want %v", name, !want, want)
		}
	}
}

func TestSuiteMistakes(t *testing.T) {
	nested := filepath.Join(t.TempDir(), "nested.yaml")
	if err := os.WriteFile(nested, []byte("name: nested\nscenarios: [no-fault]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text string
		line int
		want string
	}{
		{"name: x\nscenarios: [no-falt]\n", 2, `did you mean "no-fault"`},
		{"name: x\nscenarios: [no-fault, no-fault]\n", 2, "is repeated"},
		{"name: x\nscenarios: []\n", 2, "no scenario"},
		{"name: x\n", 1, "scenarios"},
		{"name: ../x\nscenarios: [no-fault]\n", 1, "directory"},
		{"name: \"a\\nb\"\nscenarios: [no-fault]\n", 1, "can't be printed"},
		{"name: x\nscenaros: [no-fault]\nscenarios: [no-fault]\n", 2, "unknown key"},
		{"name: x\nscenarios: ['-']\n", 2, "unknown scenario"},
		{"name: x\nscenarios:\n  - no-fault\n  - ./missing.yaml\n", 4, "missing.yaml: no such file"},
		{"name: x\nscenarios:\n  - rfc7747\n", 3, "rfc7747 is a suite"},
		{"name: x\nscenarios:\n  - " + nested + "\n", 3, "nested.yaml is a suite"},
	} {
		_, err := ParseSuite("x.yaml", []byte(tt.text))
		var e *document.Error
		if !errors.As(err, &e) || e.Line != tt.line || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want an error of line %d with %q", tt.text, err, tt.line, tt.want)
		}
	}
	if _, err := LoadSuite("no-such-suite"); err == nil || !strings.Contains(err.Error(), "rfc7747") {
		t.Errorf("an unknown suite: %v", err)
	}
}

func FuzzParseSuite(f *testing.F) {
	for _, name := range SuiteNames() {
		text, _ := ShippedSuite(name)
		f.Add(text)
	}
	f.Add([]byte("name: x\nscenarios: &a [drain, ./suite_test.go, *a, -]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseSuite("fuzz.yaml", text)
		var e *document.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an error without a place: %v", err)
		}
		if err == nil && (s.Name == "" || len(s.Scenarios) == 0 || len(slices.Compact(slices.Sorted(slices.Values(s.Scenarios)))) != len(s.Scenarios)) {
			t.Fatalf("the suite %q has the scenarios %q", s.Name, s.Scenarios)
		}
	})
}
