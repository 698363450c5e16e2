package record

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever happens to the events after they were written is seen.
func TestEventsAreSealed(t *testing.T) {
	lines := func(text []byte) [][]byte { return bytes.SplitAfter(text, []byte("\n")) }
	for _, c := range []struct {
		name, want string
		spoil      func(text []byte) []byte
	}{
		{"nothing", "", func(text []byte) []byte { return text }},
		{"a line is missing", "there are 3 events where 4 were written", func(text []byte) []byte { return bytes.Join(lines(text)[1:], nil) }},
		{"a line is doubled", "there are 5 events where 4 were written", func(text []byte) []byte { return append(bytes.Clone(lines(text)[0]), text...) }},
		{"all is doubled", "stand behind its end", func(text []byte) []byte { return append(bytes.Clone(text), text...) }},
		{"a line is changed", "changed since", func(text []byte) []byte {
			return bytes.Replace(text, []byte(`"offset_ns":2`), []byte(`"offset_ns":9`), 1)
		}},
		{"two lines have changed places", "changed since", func(text []byte) []byte {
			l := lines(text)
			l[0], l[1] = l[1], l[0]
			return bytes.Join(l, nil)
		}},
	} {
		d := create(t)
		for i := range int64(4) {
			d.Emit(Event{At: Time(i), Kind: KindClock, Data: Clock{OffsetNS: i}})
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(d.Path(), "events.jsonl")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, c.spoil(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, err := range Events(d.Path()) {
			if err != nil {
				got = err.Error()
			}
		}
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A record that was cut off has no end; one that was ended has.
func TestARecordThatIsCutOffHasNoEnd(t *testing.T) {
	d := create(t)
	d.Emit(Event{Kind: KindClock, Data: Clock{}})
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	if sealed, err := Sealed(d.Path()); err != nil || sealed {
		t.Errorf("before the end: %v, %v", sealed, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if sealed, err := Sealed(d.Path()); err != nil || !sealed {
		t.Errorf("after the end: %v, %v", sealed, err)
	}
	cutLastBytes(t, filepath.Join(d.Path(), "events.jsonl"), 3)
	if sealed, err := Sealed(d.Path()); err != nil || sealed {
		t.Errorf("after the end was cut: %v, %v", sealed, err)
	}
}
