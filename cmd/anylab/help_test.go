package main

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const sample = "# Topic: about it\n" + `
Words that are **strong**, a [link](topic.md) and [another](https://example.org/x), long
enough for two lines.

- an item that does not fit into one line of the terminal
  at all
- another

| key | what |
| --- | --- |
| ` + "`a`" + ` | one \| two |
| b | words that have to be folded into their column |

<!-- a remark -->

![a picture](../../../reports/gallery/x.png)

` + "```sh\nanylab run x   # one long line of code, which is not folded\n```\n" + `
## Below

### deeper

last
`

const laid = `# Topic: about it

Words that are strong, a link and
another (https://example.org/x), long
enough for two lines.

- an item that does not fit into one
  line of the terminal at all
- another

key  what
` + "`a`" + `  one | two
b    words that have to be folded into
     their column

[picture: a picture:
reports/gallery/x.png]

    anylab run x   # one long line of code, which is not folded

## Below

### deeper

last
`

func TestLayout(t *testing.T) {
	if diff := cmp.Diff(laid, layout(sample, 40, false)); diff != "" {
		t.Error(diff)
	}
}

func TestLayoutInColourSaysTheSame(t *testing.T) {
	coloured := layout(sample, 40, true)
	if !strings.Contains(coloured, "\x1b[1m## Below\x1b[0m") {
		t.Error("no heading is bold")
	}
	if diff := cmp.Diff(laid, strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(coloured)); diff != "" {
		t.Error(diff)
	}
}

// Every page fits into a terminal of usual width, but for its code.
func TestPagesFitIntoATerminal(t *testing.T) {
	for _, name := range topics() {
		code := 0
		for line := range strings.SplitSeq(layout(pageOf(t, name), 80, false), "\n") {
			if utf8.RuneCountInString(line) > 80 {
				code++
				if !strings.HasPrefix(line, "    ") {
					t.Errorf("%s: %q is wider than the terminal", name, line)
				}
			}
		}
	}
}

func TestSection(t *testing.T) {
	got, ok := section([]byte(sample), "BELOW")
	if want := "## Below\n\n### deeper\n\nlast\n"; !ok || string(got) != want {
		t.Errorf("section Below is %q, want %q", got, want)
	}
	if got, ok := section([]byte(sample), "Topic: about it"); ok {
		t.Errorf("the title is a section: %q", got)
	}
	if diff := cmp.Diff([]string{"Below", "deeper"}, headings([]byte(sample))); diff != "" {
		t.Error(diff)
	}
}

// Every page has a title that says what it is about, and every list of the topics
// has it.
func TestEveryTopicIsListed(t *testing.T) {
	var out strings.Builder
	if code := execute([]string{"help"}, nil, &out, &out); code != exitPass {
		t.Fatalf("exit code %d", code)
	}
	for _, name := range topics() {
		about := subject([]byte(pageOf(t, name)))
		if about == "" {
			t.Errorf("the title of %s does not say what it is about", name)
		}
		if !strings.Contains(out.String(), about) {
			t.Errorf("%s is not listed by anylab help", name)
		}
	}
}

// What is a command and a topic as well is offered once.
func TestWhatIsExplainedIsListedOnce(t *testing.T) {
	for _, args := range [][]string{{"help", "nosuch"}, {"__complete", "help", ""}} {
		var out strings.Builder
		execute(args, nil, &out, &out)
		if got := len(regexp.MustCompile(`\bsoak\b`).FindAllString(out.String(), -1)); got != 1 {
			t.Errorf("%s: soak is listed %d times: %s", args, got, out.String())
		}
	}
}

// pageOf returns the text of a page of the manual.
func pageOf(t *testing.T, name string) string {
	t.Helper()
	text, ok := topic(name)
	if !ok {
		t.Fatalf("the manual has no page %s", name)
	}
	return string(text)
}
