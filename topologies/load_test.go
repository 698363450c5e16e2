package topologies

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/topologies/document"
)

func TestSetErrors(t *testing.T) {
	tests := []struct{ key, value, want string }{
		{"links.up-x.delay", "5ms", `--set:1:1: links has no element "up-x" (did you mean "up-a"?); there are: up-a, up-b, user-up`},
		{"links.7.delay", "5ms", `--set:1:1: links has no element "7"; there are: up-a, up-b, user-up`},
		{"bgp..hold", "5s", `--set:1:1: the key "bgp..hold" has an empty part`},
		{"bgp.hold", "[", `--set:1:10: sequence end token ']' not found`},
		{"bgp.hodl", "9s", `--set:1:1: unknown key "hodl" (did you mean "hold"?); known: connect_retry, fast_external_failover, graceful_restart, hold, idle_hold, keepalive, llgr, mrai, multipath, password, ttl_security`},
		{"bgp.hold", "9", `--set:1:10: the duration 9 needs a unit, as in 9ms or 9s`},
		{"bgp.hold", "", `--set:1:10: a value is missing here`},
	}
	for _, tt := range tests {
		d, err := document.Parse("x.yaml", []byte(small))
		if err != nil {
			t.Fatal(err)
		}
		if err = d.Set(tt.key, tt.value); err == nil {
			_, err = build(d, d.Root())
		}
		if got, _, _ := strings.Cut(errorText(err), "\n"); got != tt.want {
			t.Errorf("%s=%s:\n got %s\nwant %s", tt.key, tt.value, got, tt.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// TestUnchanged: without overrides the text is the user's, comments and all.
func TestUnchanged(t *testing.T) {
	for _, name := range Names() {
		text, _ := Shipped(name)
		top, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(text), top.Source.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	tests := map[string]string{
		"three-sties":    `no topology called "three-sties" (did you mean "three-sites"?); shipped are: dual-upstream, dut, ecmp, redundant-core, three-sites, two-continents, world; or give a path`,
		"./missing.yaml": "read topology: open ./missing.yaml: no such file or directory",
		".":              "read topology: . is a directory, not a regular file",
	}
	for name, want := range tests {
		if _, err := Load(name); errorText(err) != want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		text, _ := Shipped(name)
		f.Add(text)
	}
	f.Add([]byte("a: &x [1, *x]\nb: {c: |\n  d\n}\n? [e]\n: !!str f\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		top, err := Parse("fuzz.yaml", text)
		var e *document.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an error without a place: %v", err)
		}
		if err != nil {
			return
		}
		again, err := Parse("fuzz.yaml", []byte(top.Source.Without("").String()))
		if err != nil {
			t.Fatalf("what was written can't be read: %v", err)
		}
		top.Source, again.Source = nil, nil
		if diff := cmp.Diff(ends(top), ends(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}
