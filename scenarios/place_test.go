package scenarios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExpectationAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yaml")
	text := small + "expect:\n  - p95(outage) < 1s\n  - lost == 0\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	for _, expect := range []string{"p95(outage) < 1s", "lost == 0"} {
		file, line, ok := s.ExpectationAt(expect)
		if !ok || file != path || !strings.Contains(lines[line-1], expect) {
			t.Errorf("%s: %s:%d, %v", expect, file, line, ok)
		}
	}
	if _, _, ok := s.ExpectationAt("gaps == 0"); ok {
		t.Error("an expectation that isn't there has a place")
	}
	over, err := Load(path, "expect=[gaps == 0]")
	if err != nil {
		t.Fatal(err)
	}
	if file, line, ok := over.ExpectationAt("gaps == 0"); ok {
		t.Errorf("an override stands in %s:%d", file, line)
	}
	shipped, err := Load("service-crash")
	if err != nil {
		t.Fatal(err)
	}
	if file, line, ok := shipped.ExpectationAt(shipped.Expect[0].Text); ok {
		t.Errorf("a shipped expectation stands in %s:%d", file, line)
	}
	if _, _, ok := (Scenario{}).ExpectationAt("x"); ok {
		t.Error("an empty scenario has a place")
	}
}
