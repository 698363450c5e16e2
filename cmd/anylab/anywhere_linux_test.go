package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// elsewhere are the systems on which scenarios are simulated, and stored runs judged:
// labs need Linux.
var elsewhere = []string{"darwin", "windows"}

func TestLawAllBuildsAnywhere(t *testing.T) {
	for _, system := range elsewhere {
		if err := compilesFor(system, "-test", "anylab/..."); err != nil {
			t.Errorf("%s: %v", system, err)
		}
	}
}

func TestTheLawOfBuildingCatchesABreach(t *testing.T) {
	for _, system := range elsewhere {
		if err := compilesFor(system, "github.com/google/nftables"); err == nil || !strings.Contains(err.Error(), "undefined") {
			t.Errorf("what asks Linux for its packet filter passes on %s: %v", system, err)
		}
	}
}

// compilesFor checks packages as a compiler's first half does, which tells all
// mistakes, and takes seconds where the system's whole library would have to be
// compiled first.
func compilesFor(system string, patterns ...string) error {
	const processor = "amd64"
	list := exec.Command("go", append([]string{"list", "-deps", "-json=ImportPath,Dir,GoFiles,ImportMap"}, patterns...)...)
	list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0")
	var said bytes.Buffer
	list.Stderr = &said
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	world := checked{"unsafe": types.Unsafe}
	for in := json.NewDecoder(bytes.NewReader(out)); in.More(); { // each after what it imports
		var p pack
		if err := in.Decode(&p); err != nil {
			return err
		}
		if strings.HasSuffix(p.ImportPath, ".test") {
			continue // the main package of tests, which Go writes
		}
		if err := world.add(p, types.SizesFor("gc", processor)); err != nil {
			return err
		}
	}
	return nil
}

// pack is what a package is made of.
type pack struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string // of those that are called otherwise in the files
}

// checked has the packages that were checked, by their paths.
type checked map[string]*types.Package

// add checks a package whose imports were. Of others' packages only what is
// declared matters.
func (c checked) add(p pack, sizes types.Sizes) error {
	if c[p.ImportPath] != nil {
		return nil
	}
	files, set := []*ast.File(nil), token.NewFileSet()
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	config := types.Config{Sizes: sizes, IgnoreFuncBodies: !strings.HasPrefix(p.ImportPath, "anylab/"), Importer: importing(func(path string) (*types.Package, error) {
		if other, ok := p.ImportMap[path]; ok {
			path = other
		}
		if c[path] == nil {
			return nil, fmt.Errorf("%s was not checked before", path)
		}
		return c[path], nil
	})}
	var err error
	c[p.ImportPath], err = config.Check(p.ImportPath, set, files, nil)
	return err
}

// importing is a types.Importer.
type importing func(path string) (*types.Package, error)

func (f importing) Import(path string) (*types.Package, error) { return f(path) }
