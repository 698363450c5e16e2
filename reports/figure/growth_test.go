package figure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The figure says what grows, of which labs, and at which sizes.
func TestGrowth(t *testing.T) {
	dir := t.TempDir()
	g := Growth{File: "growth", Title: "what a lab needs", Along: "nodes", Costs: []Cost{{Label: "answered after, s"}, {Label: "memory, MB"}, {Label: "outage, ms", Decades: true}}}
	kinds := map[string][]Size{
		"star":       {{10, []float64{1, 11, 1500}, true}, {300, []float64{14, 11, 1600}, false}},
		"leaf-spine": {{10, []float64{1.5, 11, 1400}, true}, {300, []float64{40, 12, 0}, false}},
	}
	if _, err := g.Save(dir, "a machine", kinds); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "growth.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"answered after, s", "memory, MB", "outage, ms", "nodes", "leaf-spine", ">300<", "a machine"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the figure has no %q", want)
		}
	}
}
