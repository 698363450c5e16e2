package page

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// rule is one selector of the page's style with what it sets.
var rule = regexp.MustCompile(`([^{}]+)\{([^{}]*)\}`)

// Only badges, which have white text, have a background of their own. Coloured
// text is readable on the page's white: a contrast of 4.5 to 1 (WCAG 2, AA).
func TestCellsAreReadable(t *testing.T) {
	var b strings.Builder
	if err := html(&b, all()); err != nil {
		t.Fatal(err)
	}
	text := b.String()
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

// The number behind a bar stands on its line.
func TestShareStandsBesideItsBar(t *testing.T) {
	var b strings.Builder
	if err := html(&b, all()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".bar { display: inline-block;", "white-space: nowrap;", `<span class="bar" style="width:calc(`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
