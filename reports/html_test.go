package reports

import (
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"anylab/reports/page"
)

// texts are those of a row's cells.
func texts(row []page.Cell) []string {
	var list []string
	for _, c := range row {
		list = append(list, c.Text)
	}
	return list
}

// What went wrong stands out in a page.
func TestBadCellsStandOut(t *testing.T) {
	s := crashes(3)
	s.trials[1].lossBefore, s.trials[2].dead = true, true
	var b strings.Builder
	if err := HTML(&b, s.load(t)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<td class="doubtful">inconclusive</td>`, `<td class="bad">not restored</td>`, `<span class="badge doubtful">inconclusive</span>`, `<td class="right">`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// Both pages state the same conditions.
func TestConditionsAreTheSameInBothPages(t *testing.T) {
	s := crashes(2)
	s.silence = true
	r := s.load(t)
	var md, page strings.Builder
	if err := Markdown(&md, r); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, s := range append(conditionSection(sheet{Report: r}), measurementSection(sheet{Report: r})...) {
		for _, row := range s.Rows {
			rows = append(rows, texts(row))
		}
	}
	for _, want := range []string{"accuracy london-dns", "restored", "calibration", "probe london-dns", "machine"} {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[0] == want }) {
			t.Errorf("the conditions don't state %s", want)
		}
	}
	for _, row := range rows {
		if !strings.Contains(strings.ReplaceAll(md.String(), `\`, ""), "| "+row[0]+" | "+row[1]+" |") {
			t.Errorf("report.md lacks %q", row)
		}
		if !strings.Contains(html.UnescapeString(page.String()), "<tr><td>"+row[0]+"</td><td>"+row[1]+"</td></tr>") {
			t.Errorf("report.html lacks %q", row)
		}
	}
}

// The page of a hundred trials, with a timeline of each, can be sent around.
func TestPageOfManyTrialsIsSmall(t *testing.T) {
	s := crashes(100)
	s.flows = 16
	r := s.load(t)
	if err := r.Write(r.Dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(r.Dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 5e6 {
		t.Errorf("%d bytes", len(text))
	}
	page := string(text)
	for what, want := range map[string]int{`<details class="item`: 100, ` open><summary>`: 2, `<section class="chart"`: 200, `aria-label="16 flows: answered by a to `: 100} {
		if n := strings.Count(page, what); n != want {
			t.Errorf("%s is %d times there, want %d", what, n, want)
		}
	}
	for _, what := range []string{"a to upstream: UPDATE withdraws 192.0.2.100/32", "a: dns unhealthy: connection refused", "upstream: route of 192.0.2.100/32 leads to b"} {
		if n := strings.Count(page, "<td>"+what+"</td>"); n != 100 {
			t.Errorf("%q is told %d times", what, n)
		}
	}
}
