package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"anylab/lab/record"
)

// TestEventsOfASuite are those of its runs, one after the other, each to its end.
func TestEventsOfASuite(t *testing.T) {
	t.Parallel()
	v := visitor(t)
	suite := filepath.Join(v.t.TempDir(), "suite.yaml")
	if err := os.WriteFile(suite, []byte("name: two\nscenarios: [no-fault, link-down]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := v.command("run", suite, "--trials", "1", "--quiet", "--out", v.out, "--events", "-")
	text, _ := c.Output() // its verdict is another matter
	kinds := map[record.Kind]int{}
	var last record.Kind
	for line := range strings.Lines(string(text)) {
		var e record.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		kinds[e.Kind]++
		last = e.Kind
	}
	if kinds[record.KindEnd] != 2 || kinds[record.KindTrial] != 4 || last != record.KindEnd {
		t.Errorf("%v, the last one is %s", kinds, last)
	}
}
