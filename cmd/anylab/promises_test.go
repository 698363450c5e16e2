package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// promises are what anylab is to hold to. Their counts are taken from the tests.
var promises = []struct {
	promise, tested string
	count           func(t *testing.T) int
	command         string
}{
	{"a lab's processes reach nothing outside of it", "ways out that are tried, as root and as an ordinary user",
		func(t *testing.T) int { return entries(t, "lab/ways_out_linux_test.go", "waysOut") }, "go test ./lab -run NoWayOut -v"},
	{"whatever is killed, nothing is left", "kills of labs and of runs, at random moments",
		func(t *testing.T) int {
			return number(t, "lab/sandbox_linux_test.go", `for i := range (\d+) \{\n\t\tcmd := child\(t, "sandbox-lab"`) + number(t, "cmd/anylab/kill_linux_test.go", `flag\.Int\("kills", (\d+)`)
		}, "go test ./lab ./cmd/anylab -run 'Killed.*LeaveNothing|KilledLeavesNothing'"},
	{"a run that can't go on says why, and its record can be read", "losses during a run: daemons, observers, the directory, room on the disk",
		func(t *testing.T) int {
			return occurrences(t, `^func Test\w+EndsTheRun\(`, "lab/run/lost_linux_test.go")
		}, "go test ./lab/run -run EndsTheRun"},
	{"what can't be printed or written is an error", "full devices",
		func(t *testing.T) int {
			return occurrences(t, `/dev/full"?[)'"]`, "cmd/anylab/testdata/usage.txtar", "lab/record/record_test.go")
		}, "go test ./cmd/anylab ./lab/record -run 'CommandLine/usage|AFailedWrite'"},
	{"a mistake is refused at its line and column, before anything runs", "scenarios and topologies with a mistake each",
		func(t *testing.T) int {
			return occurrences(t, `^-- .*\.golden --`, "scenarios/testdata/mistakes.txtar", "topologies/testdata/mistakes.txtar", "lab/run/testdata/mistakes.txtar") +
				occurrences(t, `^\t\t\{\w+, ".*"\},$`, "scenarios/refused_test.go")
		}, "go test ./scenarios ./topologies ./lab/run -run 'Mistakes|Refused'"},
	{"no kind of file makes it hang", "commands that take a file, each with everything that is no such file: pipes, sockets, devices, links to themselves",
		func(t *testing.T) int {
			return entries(t, "cmd/anylab/odd_files_linux_test.go", "oddFiles") * entries(t, "cmd/anylab/odd_files_linux_test.go", "fileArguments")
		}, "go test ./cmd/anylab -run OddFiles"},
	{"no file or packet makes it crash or hang", "fuzz targets",
		func(t *testing.T) int { return occurrences(t, `^func Fuzz\w+\(`, testFiles(t)...) }, "make fuzz"},
	{"nothing passes without evidence", "ways of spoiling a record, each with and without the end that vouches for it",
		func(t *testing.T) int { return occurrences(t, `^\t\t\{".*, false\},$`, "reports/evidence_test.go") }, "go test ./reports -run WithoutEvidence"},
	{"what can't have been is damage, and named", "events, requests, baselines and results that no run can have left",
		func(t *testing.T) int {
			return occurrences(t, `^\t\t\{"(events|probes)`, "lab/record/sound_test.go") + occurrences(t, "^\t\t\\{.*, [\"`].+[\"`]\\},$", "reports/sound_test.go")
		}, "go test ./lab/record ./reports -run 'IsDamage|AreDamage'"},
	{"a lab of any size is gone within 5 s of being told", "sizes, of hundreds of nodes",
		func(t *testing.T) int { return entries(t, "cmd/anylab/large_test.go", "TestCaseOfManyNodes") }, "go test -tags bench ./cmd/anylab -run CaseOfManyNodes -v"},
	{"names and texts are text in every output", "texts that would be more: escape sequences, markup, marks that turn text",
		func(t *testing.T) int { return entries(t, "reports/nasty_test.go", "nasty") }, "go test ./reports ./cmd/anylab -run Nasty"},
	{"a run of any version is judged as it was", "stored runs",
		func(t *testing.T) int {
			list, err := filepath.Glob(filepath.Join(records, "*.tar.gz"))
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}, "go test ./cmd/anylab -run StoredRuns"},
}

func promiseTable(t *testing.T) string {
	table := "| promise | tested with | how many | command |\n| --- | --- | --- | --- |\n"
	for _, p := range promises {
		n := p.count(t)
		if n == 0 {
			t.Errorf("%q is not tested", p.promise)
		}
		table += fmt.Sprintf("| %s | %s | %d | `%s` |\n", p.promise, p.tested, n, strings.ReplaceAll(p.command, "|", `\|`))
	}
	return table
}

// source reads a file of the tree.
func source(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// testFiles lists the tree's tests.
func testFiles(t *testing.T) []string {
	t.Helper()
	root, list := filepath.Join("..", ".."), []string{}
	for _, path := range sources(t, root) {
		if below, err := filepath.Rel(root, path); err == nil && strings.HasSuffix(path, "_test.go") {
			list = append(list, filepath.ToSlash(below))
		}
	}
	return list
}

// occurrences counts where a pattern matches in files; ^ and $ are ends of lines.
func occurrences(t *testing.T, pattern string, paths ...string) int {
	t.Helper()
	n := 0
	for _, path := range paths {
		n += len(regexp.MustCompile("(?m)"+pattern).FindAll(source(t, path), -1))
	}
	return n
}

// number reads the number that a pattern finds in a file.
func number(t *testing.T, path, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindSubmatch(source(t, path))
	if found == nil {
		t.Fatalf("%s has nothing like %s", path, pattern)
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// entries counts what the lists and maps have that a function or a variable of a
// file states.
func entries(t *testing.T, path, name string) int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, source(t, path), 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	count := func(node ast.Node) bool {
		list, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		switch list.Type.(type) {
		case *ast.ArrayType, *ast.MapType:
			n += len(list.Elts)
			return false
		}
		return true
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == name {
				ast.Inspect(d.Body, count)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && v.Names[0].Name == name {
					ast.Inspect(v, count)
				}
			}
		}
	}
	return n
}
