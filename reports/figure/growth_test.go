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
	_, err := SaveGrowth(dir, "a machine", map[string][]Size{
		"star":       {{10, 1, 11, 1500, true}, {300, 14, 11, 1600, false}},
		"leaf-spine": {{10, 1.5, 11, 1400, true}, {300, 40, 12, 0, false}},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "growth.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"answered after, s", "memory of a speaker, MB", "a crash cuts off for, ms", "leaf-spine", ">300<", "a machine"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the figure has no %q", want)
		}
	}
}
