package record

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Of two values of one key a reader would take the last: such a file is damaged.
func TestRepeatedKeysAreDamage(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}`: "",
		`{"a": "a", "b": "a", "c": ["a", "a", "b"]}`:         "",
		`{"a": "\"a\": 1, \"a\": 2", "A": 1}`:                "",
		`{"a": 1, "a": 1}`:                                   `"a" is there twice`,
		"{\"a\": 1,\n \"b\": [{\"x\": {}, \"x\" : 2}]}":      `line 2: "x" is there twice`,
		`{"trials": 1, "tri\u0061ls": 2}`:                    `"trials" is there twice`,
		`{"a\"": 1, "a\"": 2}`:                               `"a\"" is there twice`,
	} {
		var v any
		err := Decode("run.json", []byte(text), &v)
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "run.json is damaged: ")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Whatever the form of a file, it is looked through once.
func TestRepeatedKeysAreFoundInLinearTime(t *testing.T) {
	const n = 200_000
	many := func(form string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form, i)
		}
		return b.String()
	}
	for what, text := range map[string]string{
		"many keys":    `{` + many(`"%d": 1, `) + `"x": 1}`,
		"many objects": `{` + many(`"%d": {"a": 1}, `) + `"x": 1}`,
		"deep":         strings.Repeat(`{"a":[`, 4000) + strings.Repeat(`]}`, 4000),
		"spaces":       `{"a"` + strings.Repeat(" ", n) + `: "` + strings.Repeat(`\"`, n) + `"}`,
	} {
		begin := time.Now()
		if key, at := repeated([]byte(text)); at >= 0 {
			t.Errorf("%s: %q at %d", what, key, at)
		}
		if took := time.Since(begin); took > 30*time.Second { // a square would take hours
			t.Errorf("%s took %v", what, took)
		}
	}
}
