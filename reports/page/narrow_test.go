package page

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNarrow(t *testing.T) {
	long := strings.Repeat("word ", 20) + "end"
	for text, want := range map[string]string{
		"short":                    "short",
		"--flag what   " + long:    "--flag what   word word word\n              word word word",
		"  indented " + long:       "  indented word",
		"    3 | " + long:          "    3 | " + long,
		"a " + long + "\nthe rest": "a word",
	} {
		got := Narrow(text, 30)
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s\nis %s", text, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if utf8.RuneCountInString(line) > 30 && !strings.Contains(line, " | ") {
				t.Errorf("%d columns: %s", len(line), line)
			}
		}
		if strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(text), "") {
			t.Errorf("something was lost of %s\n%s", text, got)
		}
		if Narrow(text, 0) != text {
			t.Errorf("without a limit it is changed: %s", text)
		}
	}
}

// A table of numbers that are never broken becomes several.
func TestWideTablesAreDivided(t *testing.T) {
	row := func(name string) []Cell {
		return append(Texts(name), Numbers(strings.Split("100.0 ms,200.0 ms,300.0 ms,400.0 ms,500.0 ms,600.0 ms", ",")...)...)
	}
	s := Section{Head: strings.Split("trial,outage,detect,withdraw,receive,install,restore", ","), Rows: [][]Cell{row("first"), row("second")}}
	var b strings.Builder
	if err := Terminal(&b, Page{Title: "x", Sections: []Section{s}}, 40); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		if len(line) > 40 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	for _, text := range []string{"100.0 ms", "200.0 ms", "300.0 ms", "400.0 ms", "500.0 ms", "600.0 ms"} {
		if n := strings.Count(b.String(), text); n != 2 {
			t.Errorf("%s stands there %d times, want 2", text, n)
		}
	}
	if n := strings.Count(b.String(), "second"); n < 2 {
		t.Errorf("%d tables, want several that name the rows:\n%s", n, b.String())
	}
}
