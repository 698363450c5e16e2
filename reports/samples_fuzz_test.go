package reports

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A baseline or a result of whatever content is read or refused.
func FuzzSamplesFile(f *testing.F) {
	result, err := os.ReadFile(filepath.Join("testdata", "golden", "result.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(result)
	f.Add([]byte(`{"schema":"anylab.baseline/v1","cells":[{"cell":{},"trials":1,"values":{"outage":[1,null]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := readSamplesFile(path)
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error names no file: %v", err)
			}
			return
		}
		Compare(s, s, DefaultThresholds())
	})
}
