package main

import (
	"go/scanner"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/topologies"
)

// knowing are the files outside of a daemon's own that may know its name, and
// why they must.
var knowing = map[string]string{
	"lab/bgp/driver.go":    "the table of drivers",
	"topologies/daemon.go": "the daemon of nodes that name none is a default of the file format",
}

// own says whether the file is a daemon's own. The embedded one's are its
// process as well.
func own(path, daemon string) bool {
	dir, file := filepath.Split(path)
	if dir == "lab/bgp/" {
		return strings.HasPrefix(file, daemon) && !strings.HasSuffix(file, "_test.go")
	}
	return dir == "lab/speaker/" && daemon == topologies.Embedded
}

// lexemes returns the identifiers and the literals of a Go file, but for what it
// imports. Comments may cite what a daemon does.
func lexemes(text string) []string {
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile("", -1, len(text)), []byte(text), nil, 0)
	var list []string
	for imports := false; ; {
		_, tok, lit := s.Scan()
		switch tok {
		case token.EOF:
			return list
		case token.IMPORT:
			imports = true
		case token.FUNC, token.VAR, token.CONST, token.TYPE:
			imports = false
		case token.IDENT, token.STRING:
			if !imports {
				list = append(list, lit)
			}
		}
	}
}

// named returns the daemons that the words name, be it as a part of one.
func named(words []string) []string {
	var found []string
	for _, daemon := range bgp.Names() {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(w), daemon) }) {
			found = append(found, daemon)
		}
	}
	return found
}

// A daemon's own files begin with its name; a name that begins with another's
// (gobgpd) may use that one's.
func TestLawOnlyItsOwnFilesKnowADaemon(t *testing.T) {
	used := map[string]bool{}
	eachSource(t, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, daemon := range named(lexemes(text)) {
			switch {
			case slices.ContainsFunc(bgp.Names(), func(other string) bool {
				return own(path, other) && strings.HasPrefix(other, daemon) || own(path, daemon)
			}):
			case knowing[path] != "":
				used[path] = true
			default:
				t.Errorf("%s knows %s", path, daemon)
			}
		}
	})
	for path := range knowing {
		if !used[path] {
			t.Errorf("%s is an exception that nothing needs", path)
		}
	}
}

func TestTheLawOfDaemonsCatchesABreach(t *testing.T) {
	for text, want := range map[string][]string{
		"import \"github.com/osrg/gobgp/v3\"\n// FRR batches.\nvar x = 1": nil,
		"var frrDirs = []string{}":                                        {"frr"},
		"const dir = \"/usr/lib/frr\"":                                    {"frr"},
		"func f(n Node) bool { return n.Daemon == `bird` }":               {"bird"},
	} {
		if got := named(lexemes("package p\n" + text)); !slices.Equal(got, want) {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
	if own("lab/run/frr.go", "frr") || own("lab/bgp/bird_file.go", "frr") || own("lab/speaker/fib.go", "bird") || !own("lab/bgp/bird_file.go", "bird") {
		t.Error("whose a file is isn't told by its place and name")
	}
}

// The default is named once; all else asks for it.
func TestLawTheEmbeddedDaemonIsNamedOnce(t *testing.T) {
	var at []string
	eachSource(t, func(path, text string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, w := range lexemes(text) {
			if s, err := strconv.Unquote(w); err == nil && s == topologies.Embedded {
				at = append(at, path)
			}
		}
	})
	if want := []string{"topologies/daemon.go"}; !slices.Equal(at, want) {
		t.Errorf("%q stands in %q, want %q", topologies.Embedded, at, want)
	}
}
