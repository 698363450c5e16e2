package main

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
	"anylab/reports"
)

var update = flag.Bool("update", false, "rewrite what is generated in the manual")

var part = regexp.MustCompile(`(?s)(<!-- begin ([a-z-]+) -->\n).*?(<!-- end ([a-z-]+) -->)`)

func TestManualIsAsTheCode(t *testing.T) {
	used := map[string]bool{}
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := part.ReplaceAllStringFunc(string(text), func(s string) string {
			m := part.FindStringSubmatch(s)
			table, ok := generated[m[2]]
			if !ok || m[4] != m[2] {
				t.Fatalf("%s: %s ... %s is no table that is made from the code", path, m[1], m[3])
			}
			used[m[2]] = true
			return m[1] + "\n" + table(t) + "\n" + m[3]
		})
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(want, string(text)); diff != "" {
			t.Errorf("%s is behind the code; run with -update:\n%s", path, diff)
		}
	}
	for name := range generated {
		if !used[name] {
			t.Errorf("the table %s stands nowhere", name)
		}
	}
}

// documents lists the README and the pages of the manual.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join("help", "*.md"))
	if err != nil || len(pages) < 10 {
		t.Fatalf("the manual has %d pages: %v", len(pages), err)
	}
	return append(pages, filepath.Join("..", "..", "README.md"))
}

// Every package of the module has its place on the page about them, and no other.
func TestManualShowsEveryPackage(t *testing.T) {
	shown := map[string]bool{}
	layout := fence.FindStringSubmatch(pageOf(t, "architecture"))[2]
	for line := range strings.Lines(layout) {
		if name := strings.TrimSuffix(strings.Fields(line)[0], "/"); !strings.HasPrefix(line, "     ") { // not more of the line above
			shown[name] = true
		}
	}
	for name := range allowed {
		if !shown[name] {
			t.Errorf("help/architecture.md does not show the package %s", name)
		}
		delete(shown, name)
	}
	for name := range shown {
		t.Errorf("help/architecture.md shows %s, which is no package", name)
	}
}

// Every metric is explained, with its unit, and nothing that is none.
func TestManualExplainsEveryMetric(t *testing.T) {
	explained := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (ms|count) \\|").FindAllStringSubmatch(pageOf(t, "expectations"), -1) {
		explained[m[1]] = m[2]
	}
	units := map[string]string{}
	for _, m := range record.Metrics {
		units[m.Name] = string(m.Unit)
	}
	if diff := cmp.Diff(units, explained); diff != "" {
		t.Errorf("help/expectations.md and the metrics differ:\n%s", diff)
	}
}

// finding matches where the code names one: in a table, in a literal of the
// reports, or in one of the lab.
var finding = regexp.MustCompile(`"([a-z]+(?:-[a-z]+)+)"(?:, |: +)(?:Doubt|Note|"")|Finding\{Name: "([a-z-]+)"|\b(?:finding|doubt)\((?:out, )?"([a-z-]+)"|Died = "([a-z-]+)"`)

func TestManualExplainsEveryFinding(t *testing.T) {
	text := pageOf(t, "measurement")
	found := 0
	for _, path := range sources(t, filepath.Join("..", "..")) {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			continue
		}
		code, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range finding.FindAllStringSubmatch(string(code), -1) {
			found++
			if name := m[1] + m[2] + m[3] + m[4]; !strings.Contains(text, "`"+name+"`") {
				t.Errorf("help/measurement.md does not explain the finding %s of %s", name, path)
			}
		}
	}
	if found < 40 { // or the code names them in another way by now
		t.Errorf("the code names only %d findings", found)
	}
}

// What stands in the files of a run is named on the page about them.
func TestManualNamesEveryField(t *testing.T) {
	text := pageOf(t, "files")
	for _, of := range []any{record.Run{}, record.Cell{}, record.Experiment{}, record.Experiment{}, record.ProbeGroup{}, record.Suite{}, record.SuiteMember{},
		reports.Result{}, reports.RunInfo{}, reports.Trial{}, reports.Passage{}, reports.Summary{}, reports.Judgement{}} {
		for _, name := range fields(reflect.TypeOf(of)) {
			if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("help/files.md does not name the field %s of %T", name, of)
			}
		}
	}
}

// fields lists the names that a type's fields have in JSON.
func fields(of reflect.Type) []string {
	var names []string
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous {
			names = append(names, fields(f.Type)...)
		} else if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

var (
	cited    = regexp.MustCompile(`\b[A-Z]{4,}\.md\b`)
	pointers = regexp.MustCompile(`anylab help ([a-z]+)`)
	links    = regexp.MustCompile(`\]\(([^)#]+)(?:#([^)]*))?\)`)
)

// Code and documents send readers only where there is something to read.
func TestWhatIsCitedExists(t *testing.T) {
	root := filepath.Join("..", "..")
	known := topics()
	for _, c := range rootCommand(io.Discard).Commands() {
		known = append(known, c.Name())
	}
	for _, path := range sources(t, root) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range cited.FindAllString(string(text), -1) {
			if _, err := os.Stat(filepath.Join(root, name)); err != nil {
				t.Errorf("%s cites %s, which is not in the repository", path, name)
			}
		}
		for _, m := range pointers.FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(known, m[1]) && m[1] != "frobnicate" { // a test's mistake
				t.Errorf("%s cites %q, which is neither a topic nor a command", path, m[0])
			}
		}
	}
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range links.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			there, err := os.ReadFile(filepath.Join(filepath.Dir(path), m[1]))
			if err != nil || m[2] != "" && !slices.ContainsFunc(headings(there), func(words string) bool { return anchor(words) == m[2] }) {
				t.Errorf("%s leads to %s, which does not exist", path, m[0])
			}
		}
	}
}

// anchor is what code hosts make of a heading's words.
func anchor(words string) string {
	return strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(words), ""), " ", "-")
}

// The README is for those in a hurry.
func TestREADMEIsShort(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines > 150 {
		t.Errorf("README.md has %d lines: move what few need to a page of the manual", lines)
	}
	if pictures := strings.Count(string(text), "!["); pictures > 4 {
		t.Errorf("README.md has %d pictures", pictures)
	}
}

// sources lists the files that people write: code, YAML, scripts, documents.
func sources(t *testing.T, root string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains([]string{".git", "out", "testdata"}, d.Name()) {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() && slices.Contains([]string{".go", ".yaml", ".md", ".tmpl", ""}, filepath.Ext(path)) && d.Name() != "anylab" {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
