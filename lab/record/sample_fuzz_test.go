package record

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Samples of whatever content are read or refused, and what was read is what is
// written of it.
func FuzzSamples(f *testing.F) {
	f.Add([]byte("# {\"client\":\"london\",\"service\":\"dns\",\"kind\":\"dns\",\"rate\":1000,\"flows\":16,\"timeout_ns\":1000000000}\nseq,flow,due,sent,received,node,held\n0,0,10,11,12,a,1\n1,1,20,21,,,0\n"))
	f.Add([]byte("# {}\nseq,flow,due,sent,received,node\n-1,-1,9223372036854775807,0,-1,a\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, samples, err := readSamples(bytes.NewReader(text))
		if err != nil {
			return
		}
		for s, err := range samples {
			if err != nil {
				return
			}
			line := appendSpan(nil, s)
			if again, err := new(SampleParser).parseSpan(bytes.TrimSuffix(line, []byte("\n"))); err != nil || again != s {
				t.Fatalf("%+v is written as %q, which is %+v, %v", s, line, again, err)
			}
		}
	})
}

// Events of whatever content are read or refused.
func FuzzEvents(f *testing.F) {
	dir := f.TempDir()
	f.Add([]byte(`{"at":1,"kind":"clock","data":{"wall":1}}` + "\n" + `{"at":1,"kind":"end","data":{"events":1,"sha256":"x"}}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, "events.jsonl"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		n := 0
		for e, err := range Events(dir) {
			n++
			if err == nil && e.Data == nil {
				t.Errorf("event %d, a %s, has no data", n, e.Kind)
			}
		}
		if n > 1+bytes.Count(text, []byte("\n")) {
			t.Errorf("%d events in fewer lines", n)
		}
	})
}
