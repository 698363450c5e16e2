package page

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Text is readable on whatever stands behind it, by day and in the dark: a contrast
// of 4.5 to 1 (WCAG 2.2, AA). All colours of text are named once for each.
func TestTextIsReadable(t *testing.T) {
	named := regexp.MustCompile(`--(\w+): (#[0-9a-f]+);`)
	themes := regexp.MustCompile(`(?m)^.*:root \{[^}]*--ink.*$`).FindAllString(style, -1)
	if len(themes) != 2 {
		t.Fatalf("%d themes", len(themes))
	}
	for _, theme := range themes {
		colours := map[string]string{}
		for _, c := range named.FindAllStringSubmatch(theme, -1) {
			colours[c[1]] = c[2]
		}
		for _, text := range []string{"ink", "muted", "link", "good", "bad", "doubtful"} {
			for _, ground := range []string{"paper", "panel"} {
				a, b := luminance(t, colours[text]), luminance(t, colours[ground])
				if contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05); contrast < 4.5 {
					t.Errorf("%s on %s has a contrast of %.1f", text, ground, contrast)
				}
			}
		}
	}
	if other := regexp.MustCompile(`[^-]color: #`).FindString(style); other != "" {
		t.Errorf("a colour has no name: %s", other)
	}
}

// luminance is that of a colour, as WCAG 2 defines it.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) == 4 {
		colour = "#" + strings.Repeat(colour[1:2], 2) + strings.Repeat(colour[2:3], 2) + strings.Repeat(colour[3:], 2)
	}
	var part [3]uint8
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &part[0], &part[1], &part[2]); err != nil {
		t.Fatalf("%q: %v", colour, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(part[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// A lane is drawn in few strokes: what is alike and touches is one, and what is missing
// is seen however short it was.
func TestStretchesAreJoined(t *testing.T) {
	c := Chart{From: 0, To: 600}
	got := c.Paths(Lane{Stretches: []Stretch{{0, 10, 0, 1, 0}, {10, 100, 0, 1, 0}, {100, 100.01, 0, 1, Missing}, {100.01, 700, 0, 1, 1}, {-9, -1, 0, 1, 2}}})
	want := []Outline{{1, "M100 0h500v100h-500z"}, {0, "M0 0h100v100h-100z"}, {Missing, "M100 0h1v100h-1z"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := c.Ticks(); !cmp.Equal(got, []float64{0, 100, 200, 300, 400, 500}) {
		t.Errorf("ticks at %v", got)
	}
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
