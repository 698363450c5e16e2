package document

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// What the parser would need very long for is refused before it is asked.
func TestWhatTakesLongIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		shape
		want string
	}{
		"keys":          {shapes["keys"], "x.yaml:4097:1: the mapping has too many keys"},
		"nested keys":   {shapes["nested keys"], "x.yaml:4098:3: the mapping has too many keys"},
		"keys of lists": {shapes["keys with lists"], "x.yaml:12289:1: the mapping has too many keys"},
		"open keys":     {shapes["open keys"], "x.yaml:4097:1: the mapping has too many keys"},
		"documents":     {shapes["documents"], "x.yaml:65:1: there are many documents here"},
		"empty items":   {shapes["dashes lines"], "x.yaml:1025:1: too many values are empty"},
		"empty values":  {shapes["null values in list"], "x.yaml:1025:4: too many values are empty"},
		"empty lines":   {shapes["one literal empty"], "x.yaml:132:1: too many lines in a row are empty"},
		"one line":      {shape{strings.Repeat("a", maxBytes), same("a"), "a"}, "524289 bytes is too long"},
	} {
		if _, err := Parse("x.yaml", c.text(maxBytes)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.200v, want %s", name, err, c.want)
		}
	}
}

// What is nested too deeply is refused, also where it is whole and on one line.
func TestWhatIsNestedTooDeeplyIsRefused(t *testing.T) {
	for _, c := range [][2]string{{"[", "]"}, {"{a: ", "}"}, {"[{a: ", "}]"}, {"[\n", "]\n"}} {
		text := "a: " + strings.Repeat(c[0], 20_000) + strings.Repeat(c[1], 20_000) + "\n"
		if _, err := Parse("x.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "this is nested too deeply") {
			t.Errorf("%q: %.200v", c[0], err)
		}
	}
}

// Lists of mappings are as long as they like.
func TestLongLists(t *testing.T) {
	text := strings.Repeat("- a: 1\n  b: 2\n", 5000) + strings.Repeat("- {a: 1,\n   b: 2}\n", 5000)
	d, err := Parse("x.yaml", []byte(text))
	if err != nil || len(d.Root().Items()) != 10000 {
		t.Errorf("%v", err)
	}
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	pipe, long := filepath.Join(dir, "pipe"), filepath.Join(dir, "long")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no named pipes on %s: %v", runtime.GOOS, err)
	}
	if err := os.WriteFile(long, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(long, MaxFile+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "is a pipe, not a regular file", dir: "is a directory", "/dev/zero": "is a device", long: "has 16777217 bytes"} {
		if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	if text, err := ReadFile("limits_linux_test.go"); err != nil || len(text) < 100 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// To YAML fall:2 is one word, and then no key.
func TestColonWithoutBlank(t *testing.T) {
	for text, want := range map[string]string{
		"h: {interval: 1s, fall:2, rise: 2}": "x.yaml:1:19: fall:2 is one word",
		"{a:b}":                              "write `a: b`",
		"h: {\n  fall:2,\n  rise: 2}":        "x.yaml:2:3: fall:2 is one word",
		"h: {\"fall\":2, a: up:eth1, b: [up:eth1, c], t: '10:20', u: 10:20}": "",
		"h: {a: {b: 1}, c:\n  d}": "",
	} {
		_, err := Parse("x.yaml", []byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// What was accepted once is read.
func TestColonWithoutBlankInRecords(t *testing.T) {
	d, err := ParseStored("x.yaml", []byte("h: {fall:2, rise: 3}"))
	if err != nil {
		t.Fatal(err)
	}
	if fall, _ := d.Root().At("h.fall").Scalar(); fall != "2" {
		t.Errorf("fall is %q", fall)
	}
}
