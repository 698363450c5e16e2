package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"anylab/lab/labtest"
)

// unreadable lists the texts of a page whose contrast is below what WCAG 2.2 wants
// (1.4.3, AA), and what makes the page wider than its window.
const unreadable = `(() => {
	const rgb = c => c.match(/[\d.]+/g).map(Number);
	const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] == 1) return c; } return [255, 255, 255]; };
	const bad = [];
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement, style = getComputedStyle(e);
		if (!texts.currentNode.data.trim() || !e.checkVisibility() || e.closest("option")) continue;
		const a = light(rgb(e.closest("svg") ? style.fill : style.color)), b = light(ground(e));
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		const size = parseFloat(style.fontSize);
		if (contrast < (size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5)) bad.push(texts.currentNode.data.trim() + ": " + contrast.toFixed(1));
		if (!e.closest("svg") && size < 11) bad.push(texts.currentNode.data.trim() + ": " + size + " px");
	}
	if (document.documentElement.scrollWidth > innerWidth) bad.push("wider than the window: " + document.documentElement.scrollWidth);
	for (const row of document.querySelectorAll("tr")) if (row.getBoundingClientRect().height > 200) bad.push("a row of " + row.getBoundingClientRect().height + " px: " + row.innerText);
	for (const column of document.querySelectorAll("th.right")) if (column.offsetWidth > 170) bad.push("a column of numbers of " + column.offsetWidth + " px: " + column.innerText);
	if (performance.getEntriesByType("resource").length) bad.push("the page loads something");
	return bad;
})()`

// TestPagesInABrowser shows them in headless Chromium.
func TestPagesInABrowser(t *testing.T) {
	labtest.Require(t, "chromium")
	b := openBrowser(t)
	one, cells := written(t, filepath.Join("..", "..", "reports", "testdata", "service-crash")), written(t, unpack(t, "2-cells"))
	pagesAreReadable(t, b, one, cells)
	reportIsAccessible(t, b, one)
	reportIsFiltered(t, b, cells)
}

// Every page is readable on a phone and on a desk, by day and in the dark.
func pagesAreReadable(t *testing.T, b *browser, pages ...string) {
	golden := filepath.Join("..", "..", "reports", "testdata", "golden")
	for _, file := range append(pages, filepath.Join(golden, "compare.html"), filepath.Join(golden, "trend.html")) {
		for _, width := range []int{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				b.show(file, width, scheme)
				var bad []string
				b.run(unreadable, &bad)
				for _, what := range bad {
					t.Errorf("%s, %d pixels wide, %s: %s", filepath.Base(file), width, scheme, what)
				}
			}
		}
	}
}

// Who can't see the page, or has no mouse, is told the same.
func reportIsAccessible(t *testing.T, b *browser, report string) {
	b.show(report, 1280, "light")
	said := b.said()
	for _, want := range []struct{ role, name string }{
		{"heading", "What happened in each trial"}, {"heading", "To measure it again"}, {"image", "network"},
		{"DisclosureTriangle", "trial 1: "}, {"image", "answered by a to "}, {"image", "lost to "},
		{"link", "UPDATE withdraws 192.0.2.100/32"}, {"link", "service-crash on a is in effect"}, {"link", "detect: "}, {"combobox", "verdict"},
	} {
		if !slices.ContainsFunc(said[want.role], func(name string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(want.name)) }) {
			t.Errorf("no %s says %q but %q", want.role, want.name, said[want.role])
		}
	}
	if n := len(said["main"]); n != 1 {
		t.Errorf("%d main parts", n)
	}
	var steps []struct {
		Class, Title, Shown string
		Ring                bool
	}
	b.run(`window.steps = []; addEventListener("focusin", ({target: e}) => { const own = getComputedStyle(e);
		steps.push({class: e.className, title: e.title || "", shown: getComputedStyle(e, "::after").content, ring: own.outlineStyle != "none" && own.outlineWidth != "0px"}); }); true`, nil)
	for range 45 {
		b.press("Tab", 9)
	}
	b.run("window.steps", &steps)
	if !strings.Contains(steps[0].Class, "skip") {
		t.Errorf("the first stop is %+v, not the way past the list of contents", steps[0])
	}
	evidence := 0
	for _, s := range steps {
		if !s.Ring {
			t.Errorf("it can't be seen that %+v has the focus", s)
		}
		if s.Title != "" {
			evidence++
			if !strings.Contains(s.Shown, s.Title) {
				t.Errorf("what %q says is not shown but %q", s.Title, s.Shown)
			}
		}
	}
	if evidence < 10 {
		t.Errorf("%d marks can be reached in %d steps", evidence, len(steps))
	}
}

// The reader chooses trials by their cell and their verdict.
func reportIsFiltered(t *testing.T, b *browser, report string) {
	b.show(report, 390, "dark")
	var shown [3]int
	b.run(`["", "0", "1"].map(v => { document.querySelector("#choose0").value = v; return [...document.querySelectorAll(".item")].filter(e => e.checkVisibility()).length; })`, &shown)
	if shown[1] == 0 || shown[2] == 0 || shown[0] != shown[1]+shown[2] {
		t.Errorf("%v trials are shown, of all cells, of the first, of the second", shown)
	}
}

// written writes the reports of a run, and returns the page.
func written(t *testing.T, dir string) string {
	t.Helper()
	r, err := load(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := r.Write(out); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(out, "report.html")
}
