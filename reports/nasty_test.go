package reports

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// nasty are texts that would be something else than text in one of the forms, or
// steer a terminal.
var nasty = []string{
	"\x1b[31mred", "\x1b]0;title\a", "\x9b2J", "a\rb", "a\nb", "a\tb", "\x00", "\xff\xfe", "\u202eturned", "\u2028line",
	"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "]]>", "&lt;&amp;", "</svg><script>", "# head", "| cell |", "[l](javascript:x)", "`code`", "*/ -- '\"",
}

// soil appends a text to all texts below a value, but for those of a type of
// their own, which are words of the program.
func soil(v reflect.Value, dirt string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && v.Kind() == reflect.Pointer {
			soil(v.Elem(), dirt)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				soil(v.Field(i), dirt)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			soil(v.Index(i), dirt)
		}
	case reflect.Map:
		if v.Type().Elem() != reflect.TypeFor[string]() || v.Type().Key() != reflect.TypeFor[string]() {
			return
		}
		for _, key := range v.MapKeys() {
			v.SetMapIndex(key, reflect.ValueOf(v.MapIndex(key).String()+dirt))
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.CanSet() {
			v.SetString(v.String() + dirt)
		}
	}
}

// Whatever a record says, every form of a report is what it is, and text in it
// is text.
func TestNastyStrings(t *testing.T) {
	for some := range slices.Chunk(nasty, 5) {
		dirt := strings.Join(some, " ")
		r, err := Load(stored)
		if err != nil {
			t.Fatal(err)
		}
		r.Dir = t.TempDir()
		soil(reflect.ValueOf(&r.Result).Elem(), dirt)
		soil(reflect.ValueOf(&r.Failovers).Elem(), dirt)
		soil(reflect.ValueOf(&r.Run).Elem(), dirt)
		if err := r.Write(r.Dir); err != nil {
			t.Errorf("%q: %v", dirt, err)
			continue
		}
		var b bytes.Buffer
		for _, columns := range []int{0, 60} {
			if err := Terminal(columns)(&b, r); err != nil {
				t.Errorf("%q: %v", dirt, err)
			}
		}
		if err := Verdict(&b, r); err != nil {
			t.Errorf("%q: %v", dirt, err)
		}
		if err := plain(b.Bytes()); err != nil {
			t.Errorf("the terminal's, %q: %v", dirt, err)
		}
		drawn := Mermaid(r.Network())
		if err := errors.Join(plain([]byte(drawn+DOT(r.Network()))), without([]byte(drawn), "<script>", "<img")); err != nil {
			t.Errorf("the graph, %q: %v", dirt, err)
		}
		if some[0] == nasty[0] && !strings.Contains(b.String(), `\x1b[31mred`) {
			t.Error("what is escaped is not shown")
		}
		err = filepath.WalkDir(r.Dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			err = clean(filepath.Ext(path), text)
			if err != nil {
				t.Errorf("%s, %q: %v", d.Name(), dirt, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// clean refuses a text of the form that an ending names in which a nasty string
// is something else than text.
func clean(form string, text []byte) error {
	switch form {
	case ".json": // data, whose readers are programs
		return plain([]byte(strings.ToValidUTF8(formats.Replace(string(text)), "?")))
	case ".md":
		return errors.Join(plain(text), without(listing.ReplaceAll(text, nil), "<script", "<img", "x](javascript", "[l]("))
	case ".html":
		return errors.Join(plain(text), without(text, "<script>", "<img src=x"))
	case ".svg", ".xml":
		return errors.Join(plain(text), wellFormed(text), without(text, "<script", "<img src=x"))
	case ".csv", ".txt":
		return plain(text)
	}
	return nil
}

// endings are those of the forms of documents.
var endings = map[string]string{"csv": ".csv", "html": ".html", "json": ".json", "markdown": ".md", "table": ".txt"}

// Comparisons and trends are what they are, whatever stands in a baseline.
func TestNastyBaselines(t *testing.T) {
	for some := range slices.Chunk(nasty, 5) {
		dirt := strings.Join(some, " ")
		history := append(runs(8, 100, 130), outages(ramp(100, 2, 20)), outages(ramp(150, 2, 20)))
		for i := range history {
			soil(reflect.ValueOf(&history[i]).Elem(), dirt)
			for k, c := range history[i].Cells {
				history[i].Cells[k].Cell = map[string]string{"axis" + dirt: "value" + dirt}
				c.Values["metric"+dirt] = c.Values["outage"]
			}
		}
		changes := Compare(history[16], history[17], DefaultThresholds())
		if len(changes.Annotations()) == 0 {
			t.Error("there is no regression")
		}
		changes.Caveats()
		refused := Comparable(Samples{Run: RunInfo{Host: "h", Kernel: "k"}}, Samples{Run: RunInfo{Host: "h" + dirt, Kernel: "k" + dirt}}, false, false)
		if err := plain([]byte(refused.Error())); err != nil || strings.Contains(refused.Error(), "\n") {
			t.Errorf("%q: %v: %v", dirt, refused, err)
		}
		trend, err := MakeTrend(history[:16], "outage", false, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Forms {
			for _, d := range []Document{changes, trend} {
				var b bytes.Buffer
				if err := errors.Join(f.Write(&b, d, 60), clean(endings[f.Name], b.Bytes())); err != nil {
					t.Errorf("%T as %s, %q: %v", d, f.Name, dirt, err)
				}
			}
		}
		annotations(t, dirt, changes.Annotations())
	}
}

// annotations are a workflow command each.
func annotations(t *testing.T, dirt string, list []Annotation) {
	t.Helper()
	var b bytes.Buffer
	err := GitHub(&b, list)
	if lines := bytes.Count(b.Bytes(), []byte("\n")); err != nil || len(list) != lines {
		t.Errorf("%d annotations are %d lines, %q: %v", len(list), lines, dirt, err)
	}
	if err := plain(b.Bytes()); err != nil {
		t.Errorf("annotations, %q: %v", dirt, err)
	}
}

// So is the report of a suite.
func TestNastySuites(t *testing.T) {
	slow := crashes(6)
	for i := range slow.trials {
		slow.trials[i].outage = 1500
	}
	for some := range slices.Chunk(nasty, 5) {
		dirt := strings.Join(some, " ")
		s, dir := suiteOf(t, false, map[string]*story{"slow": &slow}, "slow", "unavailable", "missing")
		soil(reflect.ValueOf(&s.Result).Elem(), dirt)
		soil(reflect.ValueOf(&s.Record).Elem(), dirt)
		for _, r := range s.Reports {
			if r != nil {
				soil(reflect.ValueOf(&r.Result).Elem(), dirt)
				annotations(t, dirt, r.Annotations(func(string) (string, int, bool) { return "my" + dirt, 7, true }))
			}
		}
		annotations(t, dirt, s.Annotations())
		terminal := func(w io.Writer) error { return s.Terminal(w, dir, 60) }
		for _, f := range []struct {
			ending string
			write  func(io.Writer) error
		}{{".md", s.Markdown}, {".md", s.Overview}, {".json", s.JSON}, {".txt", terminal}} {
			var b bytes.Buffer
			if err := errors.Join(f.write(&b), clean(f.ending, b.Bytes())); err != nil {
				t.Errorf("%s, %q: %v", f.ending, dirt, err)
			}
		}
	}
}

var (
	formats = strings.NewReplacer("\u202e", "", "\u2028", "")
	listing = regexp.MustCompile("(?s)```.*?\n```|``[^\n]*?``|`[^`\n]*`")
)

// plain refuses what steers a terminal, or is no text.
func plain(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("it is not UTF-8")
	}
	for n, line := range strings.Split(string(text), "\n") {
		for _, r := range line {
			if unicode.IsControl(r) && r != '\t' || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				return fmt.Errorf("line %d has %q: %.80q", n+1, r, line)
			}
		}
	}
	return nil
}

func without(text []byte, markup ...string) error {
	for _, m := range markup {
		if bytes.Contains(text, []byte(m)) {
			return fmt.Errorf("it has %s", m)
		}
	}
	return nil
}

func wellFormed(text []byte) error {
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
