package topologies

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSet(t *testing.T) {
	const text = `list:
  - {name: one, n: 1}
  - {name: two, n: 2}
ends:
  - endpoints: ['up:eth3', a]
lone:
  - {kind: k, inner: {x: 1}}
word: none
`
	tests := []struct{ set, path, want string }{
		{"list.two.n=5", "list.1.n", "5"},
		{"list.0.n=5ms", "list.0.n", "5ms"},
		{"ends.up-a.delay=5ms", "ends.0.delay", "5ms"},
		{"lone.inner.x=2", "lone.0.inner.x", "2"},
		{"lone.k.inner.x=2", "lone.0.inner.x", "2"},
		{"lone.0={a: [b, 'c d']}", "lone.0", `{a: [b, "c d"]}`},
		{"word.deep.er=x", "word", "{deep: {er: x}}"},
		{"new.deep=x", "new", "{deep: x}"},
		{"word=a=b", "word", "a=b"},
	}
	for _, tt := range tests {
		d, err := ParseDocument("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		key, value, _ := strings.Cut(tt.set, "=")
		if err := d.Set(key, value); err != nil {
			t.Errorf("%s: %v", tt.set, err)
			continue
		}
		again, err := ParseDocument("again.yaml", []byte(d.String()))
		if err != nil {
			t.Fatalf("%s: what it wrote can't be read: %v\n%s", tt.set, err, d)
		}
		if got := again.Root().At(tt.path).String(); got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.set, tt.path, got, tt.want)
		}
	}
}

func TestSetErrors(t *testing.T) {
	tests := []struct{ key, value, want string }{
		{"links.up-x.delay", "5ms", `--set:1:1: links has no element "up-x" (did you mean "up-a"?); there are: up-a, up-b, user-up`},
		{"links.7.delay", "5ms", `--set:1:1: links has no element "7"; there are: up-a, up-b, user-up`},
		{"bgp..hold", "5s", `--set:1:1: the key "bgp..hold" has an empty part`},
		{"bgp.hold", "[", `--set:1:10: sequence end token ']' not found`},
		{"bgp.hodl", "9s", `--set:1:1: unknown key "hodl" (did you mean "hold"?); known: graceful_restart, hold, keepalive, multipath`},
		{"bgp.hold", "9", `--set:1:10: the duration 9 needs a unit, as in 9ms or 9s`},
		{"bgp.hold", "", `--set:1:10: a value is missing here`},
	}
	for _, tt := range tests {
		d, err := ParseDocument("x.yaml", []byte(small))
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

func TestRaw(t *testing.T) {
	type params struct {
		FastInterval time.Duration `default:"2s"`
		Loss         Percent       `yaml:"loss,required"`
		Count        int           `min:"2"`
		Mode         string        `enum:"in out"`
		Nested       *struct{ X float64 }
	}
	tests := []struct{ text, want string }{
		{"{loss: 5%, count: 2, mode: in, nested: {x: 1.5}}", ""},
		{"{}", `f:1:1: the key "loss" is missing`},
		{"{loss: 5%, fast_intervl: 1s}", `f:1:12: unknown key "fast_intervl" (did you mean "fast_interval"?); known: count, fast_interval, loss, mode, nested`},
		{"{loss: 5%, count: 1}", "f:1:19: count is 1; it must be at least 2"},
		{"{loss: 5%, mode: on}", `f:1:18: unknown mode "on" (did you mean "in"?); known: in, out`},
		{"{loss: 5%, nested: {x: far}}", `f:1:24: a number is expected here, not "far"`},
	}
	for _, tt := range tests {
		d, err := ParseDocument("f", []byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		var p params
		err = d.Root().Decode(&p)
		if tt.want == "" {
			if err != nil || p.FastInterval != 2*time.Second || p.Loss != 0.05 || p.Nested.X != 1.5 {
				t.Errorf("%s: %+v, %v", tt.text, p, err)
			}
			continue
		}
		if got, _, _ := strings.Cut(errorText(err), "\n"); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
	if err := (Raw{}).Decode(&struct{ A int }{}); err != nil {
		t.Errorf("nothing to decode: %v", err)
	}
	if err := (Raw{}).Errorf("x", "oops"); !strings.Contains(err.Error(), "oops") {
		t.Error(err)
	}
}

// TestBombs: files that are small and expand, or nest, without bound.
func TestBombs(t *testing.T) {
	laughs := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'k'; c++ {
		laughs += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+", ", 10), ", ") + "]\n"
	}
	bombs := map[string]string{
		"laughs":   laughs,
		"brackets": strings.Repeat("[", 1<<19),
		"braces":   strings.Repeat("{a: ", 1<<17),
		"dashes":   strings.Repeat("- ", 1<<19),
		"long":     strings.Repeat("#", maxBytes+1),
		"bytes":    "name: \xff",
	}
	var staircase strings.Builder
	for i := range 1200 {
		staircase.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	bombs["staircase"] = staircase.String()
	for name, text := range bombs {
		_, err := ParseDocument(name, []byte(text))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	tests := map[string]string{
		"three-sties":    `no topology called "three-sties" (did you mean "three-sites"?); shipped are: dual-upstream, dut, ecmp, redundant-core, three-sites, two-continents; or give a path`,
		"./missing.yaml": "read topology: open ./missing.yaml: no such file or directory",
		".":              "read topology: read .: is a directory",
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
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("an error without a place: %v", err)
		}
		if err != nil {
			return
		}
		again, err := Parse("fuzz.yaml", []byte(render(top.Source.root)))
		if err != nil {
			t.Fatalf("what was written can't be read: %v", err)
		}
		top.Source, again.Source = nil, nil
		if diff := cmp.Diff(ends(top), ends(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Some editors begin a file with a byte order mark.
func TestByteOrderMark(t *testing.T) {
	d, err := ParseDocument("x.yaml", []byte("\ufeffname: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Name, Other string }
	if err := d.Root().Decode(&f); err != nil || f.Name != "x" {
		t.Errorf("%+v, %v", f, err)
	}
	if err := d.Root().Errorf("name", "here"); !strings.HasPrefix(err.Error(), "x.yaml:1:7: here\n    1 | name: x\n") {
		t.Errorf("a mistake in the first line is shown as %v", err)
	}
}
