package reports

import (
	"fmt"
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page renders the report of a run whose second trial is inconclusive and whose
// third was not restored.
func page(t *testing.T, s story) string {
	t.Helper()
	var b strings.Builder
	if err := HTML(&b, s.load(t)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rule is one selector of the page's style with what it sets.
var rule = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)

// Only badges, which have white text, have a background of their own. Coloured
// text is readable on the page's white: a contrast of 4.5 to 1 (WCAG 2, AA).
func TestCellsAreReadable(t *testing.T) {
	s := crashes(3)
	s.trials[1].lossBefore, s.trials[2].dead = true, true
	text := page(t, s)
	for _, want := range []string{`<td class="inconclusive">inconclusive</td>`, `<td class="not_restored">not restored</td>`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	_, style, _ := strings.Cut(text, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	colours := regexp.MustCompile(`(?:^|[ ;])(color|background): (#[0-9a-f]+)`)
	for _, r := range rule.FindAllStringSubmatch(style, -1) {
		selector := strings.TrimSpace(r[1])
		for _, c := range colours.FindAllStringSubmatch(r[2], -1) {
			badge := strings.HasPrefix(selector, ".badge")
			switch {
			case c[1] == "background" && (selector == "body" || selector == ".bar"):
			case c[1] == "background" && !badge:
				t.Errorf("%s has a background", selector)
			case c[2] == "#fff": // on a badge, whose background is tested
			case contrast(t, c[2]) < 4.5:
				t.Errorf("%s: %s %s has a contrast of %.1f to white", selector, c[1], c[2], contrast(t, c[2]))
			}
		}
	}
}

// contrast is a colour's contrast to white, as WCAG 2 defines it.
func contrast(t *testing.T, colour string) float64 {
	t.Helper()
	var part [3]uint8
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &part[0], &part[1], &part[2]); err != nil {
		t.Fatalf("%s: %v", colour, err)
	}
	luminance := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(part[i]) / 255
		if v <= 0.03928 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		luminance += weight * v
	}
	return 1.05 / (luminance + 0.05)
}

// Both pages state the same conditions.
func TestConditionsAreTheSameInBothPages(t *testing.T) {
	r := crashes(2).load(t)
	var md, page strings.Builder
	if err := Markdown(&md, r); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&page, r); err != nil {
		t.Fatal(err)
	}
	rows := r.conditions()
	for _, want := range []string{"accuracy london-dns", "restored", "calibration", "probe london-dns", "machine"} {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[0] == want }) {
			t.Errorf("the conditions don't state %s", want)
		}
	}
	for _, row := range rows {
		if !strings.Contains(md.String(), "| "+row[0]+" | "+row[1]+" |") {
			t.Errorf("report.md lacks %q", row)
		}
		if !strings.Contains(html.UnescapeString(page.String()), "<tr><td>"+row[0]+"</td><td>"+row[1]+"</td></tr>") {
			t.Errorf("report.html lacks %q", row)
		}
	}
}

// The number behind a bar stands on its line.
func TestShareStandsBesideItsBar(t *testing.T) {
	text := page(t, crashes(2))
	for _, want := range []string{".bar { display: inline-block;", "white-space: nowrap;", `<span class="bar" style="width:calc(`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
