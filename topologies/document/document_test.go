package document

import (
	"errors"
	"strings"
	"testing"
	"time"
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
		d, err := Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		key, value, _ := strings.Cut(tt.set, "=")
		if err := d.Set(key, value); err != nil {
			t.Errorf("%s: %v", tt.set, err)
			continue
		}
		again, err := Parse("again.yaml", []byte(d.String()))
		if err != nil {
			t.Fatalf("%s: what it wrote can't be read: %v\n%s", tt.set, err, d)
		}
		if got := again.Root().At(tt.path).String(); got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.set, tt.path, got, tt.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

func TestRaw(t *testing.T) {
	type params struct {
		FastInterval time.Duration `default:"2s"`
		Loss         Percent       `yaml:"loss,required"`
		Count        int           `min:"2"`
		Small        uint8
		Mode         string `enum:"in out"`
		Nested       *struct{ X float64 }
	}
	tests := []struct{ text, want string }{
		{"{loss: 5%, count: 2, mode: in, nested: {x: 1.5}}", ""},
		{"{}", `f:1:1: the key "loss" is missing`},
		{"{loss: 5%, fast_intervl: 1s}", `f:1:12: unknown key "fast_intervl" (did you mean "fast_interval"?); known: count, fast_interval, loss, mode, nested, small`},
		{"{loss: 5%, count: 1}", "f:1:19: count is 1; it must be at least 2"},
		{"{loss: 5%, mode: on}", `f:1:18: unknown mode "on" (did you mean "in"?); known: in, out`},
		{"{loss: 5%, nested: {x: far}}", `f:1:24: a number, written in digits such as 1.5, is expected here, not "far"`},
		{"{loss: 5%, nested: {x: 1e3}}", `f:1:24: a number, written in digits such as 1.5, is expected here, not "1e3"`},
		{"{loss: 5%, count: 9223372036854775808}", "f:1:19: 9223372036854775808 is out of range; a whole number from -9223372036854775808 to 9223372036854775807 is expected here"},
		{"{loss: 5%, small: 256}", "f:1:19: 256 is out of range; a whole number from 0 to 255 is expected here"},
		{"{loss: 5%, small: -1}", "f:1:19: -1 is out of range; a whole number from 0 to 255 is expected here"},
		{"{loss: 5%, small: 1.5}", `f:1:19: a whole number is expected here, not "1.5"`},
	}
	for _, tt := range tests {
		d, err := Parse("f", []byte(tt.text))
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
		_, err := Parse(name, []byte(text))
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Some editors begin a file with a byte order mark.
func TestByteOrderMark(t *testing.T) {
	d, err := Parse("x.yaml", []byte("\ufeffname: x\n"))
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

// Nothing in a record is refused, and what can be read of it is.
func TestStoredDocumentsAreReadAsFarAsTheyCanBe(t *testing.T) {
	type form struct {
		Name  string        `yaml:"name,required"`
		Kind  string        `yaml:"kind" enum:"a b"`
		Wait  time.Duration `yaml:"wait" default:"1s" max:"2s"`
		Count int           `yaml:"count" default:"3"`
		List  []string      `yaml:"list"`
		Last  string        `yaml:"last"`
	}
	const text = "unknown: {x: 1}\nkind: c\nwait: 5s\ncount: many\nlist: {a: b}\nlast: read\n"
	strict, err := Parse("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var f form
	if err := strict.Root().Decode(&f); err == nil {
		t.Error("a document that is no record is read whatever is in it")
	}
	stored, err := ParseStored("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	f = form{}
	if err := stored.Root().Decode(&f); err != nil {
		t.Fatal(err)
	}
	if f.Kind != "c" || f.Wait != 5*time.Second || f.Count != 0 || f.List != nil || f.Last != "read" {
		t.Errorf("%+v", f)
	}
	if err := stored.Root().Errorf("kind", "not this one"); err != nil {
		t.Errorf("refused: %v", err)
	}
	if err := strict.Root().Errorf("kind", "not this one"); err == nil {
		t.Error("accepted")
	}
}

func TestDurationsAreWrittenForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 100 * time.Millisecond: "100 ms", 27300 * time.Microsecond: "27.3 ms", 250 * time.Microsecond: "250 µs", 5: "5 ns",
		9 * time.Second: "9 s", 1500 * time.Millisecond: "1.5 s", 3 * time.Minute: "3 min", 90 * time.Second: "90 s", -2 * time.Second: "-2 s",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
