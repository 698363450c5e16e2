package reports

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// goDuration is a time as Go writes it, which nobody else does: 1m0s.
var goDuration = regexp.MustCompile(`\b(\d+h)?\d+m\d+(\.\d+)?s\b`)

// Pages write times in words.
func TestPagesHaveNoGoDurations(t *testing.T) {
	pages := 0
	err := filepath.WalkDir("testdata/golden", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if found := goDuration.Find(text); found != nil {
			t.Errorf("%s: %s", path, found)
		}
		pages++
		return err
	})
	if err != nil || pages == 0 {
		t.Errorf("%d pages, %v", pages, err)
	}
}
