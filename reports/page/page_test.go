package page

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// nasty would change the page, or the terminal that shows it, in each of the
// outputs.
const nasty = "\x1b[31mred\x1b[0m \u202eturned\u202c \a\x9b2J <script>alert(1)</script> </td> a|b `c` *d* _e_ [f](javascript:g) ![h](i) ~j~ $k$ &lt; \\ \xff\nl\r\tm tcp_reset"

// all is a page with every kind of cell, and with nasty strings everywhere.
func all() Page {
	return Page{
		Title: "crash " + nasty, Verdict: Cell{Text: "fail", Kind: Badge, Tone: Bad}, Lead: "1 of 2 trials " + nasty, Quote: "# " + nasty, Choices: []string{"cell " + nasty, "verdict"},
		Sections: []Section{
			{Title: "Kinds " + nasty, Text: []string{"- " + nasty, "2. of two"}, Notes: []string{"+ " + nasty, "a note"},
				Head: []string{"", "name " + nasty, "median", "share", "expectation"},
				Rows: [][]Cell{
					{{Text: "ok", Kind: Badge, Tone: Good}, {Text: "plain"}, {Text: "131.4 ms", Kind: Number}, {Text: "96 %", Kind: Bar, Part: 0.96}, {Text: "p95(outage) < 1s", Kind: Code}},
					{{Text: "?", Kind: Badge, Tone: Doubtful}, {Text: nasty}, {Text: "0.40 ms", Kind: Number}, {Text: "under 1 %", Kind: Bar, Part: 0.003}, {Text: "`" + nasty, Kind: Code}},
					{{Text: "none", Kind: Badge}, {Text: "linked", Link: "dir (1)/report"}, {Text: "-", Kind: Number}, {Text: "0 %", Kind: Bar}, {}},
				}},
			{Rows: [][]Cell{Texts("host", nasty), Texts("a row without a value"), Texts("cpus", "4")}},
			{Title: "Picture", Picture: "figures/a b.svg"},
			{Title: "Long", Text: []string{"a detail"}, Detail: true},
			{Title: "Folded", Text: []string{"for whoever looks closer"}, Detail: true, Folded: true},
			{Title: "Source " + nasty, Source: "name: x\n  text: |\n    ````\n    </pre></details>" + nasty, Detail: true},
			{Title: "nothing to say"},
			{Title: "Trial 1 " + nasty, Folded: true, Detail: true, Rows: [][]Cell{Texts("london", nasty)}, Exhibit: Exhibit{
				Open: true, Badge: Cell{Text: "ok " + nasty, Tone: Good}, Labels: []string{"cell " + nasty, "ok"},
				Charts: []Chart{{Title: "after the fault " + nasty, Axis: "ms " + nasty, From: -20, To: 100, Colours: []string{"a " + nasty, ""}, Lanes: []Lane{
					{Name: "dns " + nasty, Says: "answered " + nasty, Stretches: []Stretch{{-20, 0, 0, 1, 0}, {0, 60, 0, 1, Missing}}},
					{Name: "BGP", Moments: []Moment{{50, "50.0 ms", "withdrawn " + nasty}, {-10, "-10.0 ms", "before"}}},
				}}}}},
			{Title: "Trial 2", Folded: true, Detail: true, Exhibit: Exhibit{Labels: []string{"other", "ok"}, Charts: []Chart{{Title: "nothing", To: 1}}}},
		},
	}
}

var files = fstest.MapFS{"figures/a b.svg": {Data: []byte(`<?xml version="1.0"?><svg><text>drawn</text></svg>`)}}

func html(w io.Writer, p Page) error { return HTML(w, p, files) }

func TestGolden(t *testing.T) {
	for name, write := range map[string]func(io.Writer, Page) error{
		"wide.txt":   func(w io.Writer, p Page) error { return Terminal(w, p, 0) },
		"narrow.txt": func(w io.Writer, p Page) error { return Terminal(w, p, 80) },
		"page.md":    Markdown,
		"page.html":  html,
	} {
		var b bytes.Buffer
		if err := write(&b, all()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), b.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		for _, r := range b.String() {
			if r != '\n' && r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e || r == '\ufffd' {
				t.Errorf("%s has the sign %U", name, r)
			}
		}
	}
}

func TestHTMLHasNoMarkupOfStrings(t *testing.T) {
	var b strings.Builder
	if err := html(&b, all()); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", `href="javascript`, "</pre></details>\x1b"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(b.String(), "</pre></details>"); n != 1 {
		t.Errorf("%d listings end, want 1", n)
	}
}

// Every row of a table has as many cells as its head, whatever is in them.
func TestMarkdownTablesKeepTheirColumns(t *testing.T) {
	var b strings.Builder
	if err := Markdown(&b, all()); err != nil {
		t.Fatal(err)
	}
	bars := regexp.MustCompile(`(^|[^\\])\|`)
	columns := 0
	for line := range strings.Lines(b.String()) {
		n := len(bars.FindAllString(line, -1))
		switch {
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = n
		case columns != n:
			t.Errorf("%d columns, want %d: %s", n, columns, line)
		}
	}
}

func TestNarrowTablesFit(t *testing.T) {
	s := Section{Head: []string{"finding", "median", "what was seen"}, Rows: [][]Cell{
		{{Text: "delayed"}, {Text: "131.4 ms", Kind: Number}, {Text: strings.Repeat("a word or two ", 20)}},
		{{Text: strings.Repeat("x", 30)}, {Text: "1 ms", Kind: Number}, {Text: "short"}},
	}}
	for _, columns := range []int{60, 80, 132} {
		var b strings.Builder
		if err := Terminal(&b, Page{Title: strings.Repeat("title ", 40), Sections: []Section{s}}, columns); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if len(line) > columns+1 {
				t.Errorf("%d of %d columns: %s", len(line)-1, columns, line)
			}
		}
		if n := strings.Count(b.String(), "a word") + strings.Count(b.String(), "a\n"); n < 20 {
			t.Errorf("words were lost: %d of 20\n%s", n, b.String())
		}
	}
}

func TestEmptyPage(t *testing.T) {
	for name, write := range map[string]func(io.Writer, Page) error{"terminal": func(w io.Writer, p Page) error { return Terminal(w, p, 80) }, "markdown": Markdown, "html": html} {
		var b strings.Builder
		if err := write(&b, Page{Title: "alone"}); err != nil || !strings.Contains(b.String(), "alone") {
			t.Errorf("%s: %v, %q", name, err, b.String())
		}
		if err := write(full{}, all()); err == nil {
			t.Errorf("%s: a failed write goes unnoticed", name)
		}
	}
	if err := HTML(io.Discard, all(), fstest.MapFS{}); err == nil {
		t.Error("a picture that isn't there goes unnoticed")
	}
}

// full is a writer on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no space") }

func TestMarkdownEscapesWhatBeginsABlock(t *testing.T) {
	for text, want := range map[string]string{
		"# head": `\# head`, "> quote": `\> quote`, ">quote": `\>quote`, "- item": `\- item`, "+ item": `\+ item`, "12. item": `12\. item`, "1) item": `1\) item`,
		"---": `\---`, "* item": `\* item`, "-40.0 ms": "-40.0 ms", "5.1.5: no": "5.1.5: no", "1.0 ms": "1.0 ms", "a - b # c": "a - b # c",
	} {
		if got := block(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
