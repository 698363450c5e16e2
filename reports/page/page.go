// Package page lays out sections for a terminal, as Markdown and as HTML.
package page

import "slices"

// Page is a document: what it is about, what that comes to, and its sections.
type Page struct {
	Title    string
	Verdict  Cell   // a badge; none where nothing is judged
	Lead     string // one line: of what it is made
	Quote    string // the subject in its author's own words
	Sections []Section
	Choices  []string // by what the reader of HTML may choose among sections with labels
}

// Section is a part of a page. What it lacks is left out; what it has stands in
// the order of the fields. One without a title goes on with the section before.
type Section struct {
	Title   string
	Text    []string // paragraphs
	Head    []string // of the columns; none for rows of a name and its value
	Rows    [][]Cell
	Notes   []string // what must be known to read the rows
	Picture string   // an SVG file, relative to the page
	Source  string   // a listing, folded away under the title
	Detail  bool     // not for a terminal, which shows a summary
	Folded  bool     // in HTML: folded away under the title
	First   int      // how many rows a terminal shows; 0: all
	Exhibit          // for HTML alone
}

// Exhibit is what only a page that is worked in has: the other forms leave a section
// with charts out.
type Exhibit struct {
	Open   bool     // what is folded away is shown at first
	Badge  Cell     // beside the title of what is folded away
	Labels []string // what its reader may choose it by, one for each of the page's Choices
	Charts []Chart
}

// Kind says what is in a cell.
type Kind int

// The kinds of cells.
const (
	Text   Kind = iota
	Number      // aligned with those above and below it
	Badge       // a word that stands for a result
	Code        // what somebody wrote for a machine
	Bar         // a number that is also drawn, as a part of a whole
)

// Tone says whether a badge is good news.
type Tone string

// The tones of badges.
const (
	Plain    Tone = ""
	Good     Tone = "good"
	Bad      Tone = "bad"
	Doubtful Tone = "doubtful"
)

// Cell is one place of a table.
type Cell struct {
	Text string
	Kind Kind
	Tone Tone    // of a badge
	Part float64 // of a bar, 0 to 1
	Link string  // a page of the same kind as this one, without its ending
}

// Texts makes cells of text.
func Texts(texts ...string) []Cell { return cells(Text, texts) }

// Numbers makes cells of numbers.
func Numbers(texts ...string) []Cell { return cells(Number, texts) }

func cells(k Kind, texts []string) []Cell {
	var list []Cell
	for _, t := range texts {
		list = append(list, Cell{Text: t, Kind: k})
	}
	return list
}

// only says of each column whether it holds nothing but cells of some kinds:
// numbers are aligned at their right ends.
func (s Section) only(kinds ...Kind) []bool {
	list := make([]bool, s.width())
	for i := range list {
		these, others := 0, 0
		for _, row := range s.Rows {
			switch {
			case i >= len(row) || row[i].Text == "":
			case slices.Contains(kinds, row[i].Kind):
				these++
			default:
				others++
			}
		}
		list[i] = these > 0 && others == 0
	}
	return list
}

// width is how many columns there are.
func (s Section) width() int {
	n := len(s.Head)
	for _, row := range s.Rows {
		n = max(n, len(row))
	}
	return n
}
