package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// usedFile is a file of the user's that the run is made with.
type usedFile struct {
	record.UsedFile
	text []byte // nil: too long to be kept
	mode os.FileMode
}

// usedFiles returns what the run is made with: first the scenario and what it is
// made of, whose text states what is measured, then what that only names.
func (p *Plan) usedFiles() (told, named []usedFile) {
	var sources, others []string
	for _, s := range p.variants() {
		sources = append(sources, filesOf(s.Source)...)
		others = append(others, namedBy(s)...)
	}
	root := commonDir(slices.Concat(sources, others))
	return readUsed(root, sources), readUsed(root, others)
}

// variants are the scenario and its cells.
func (p *Plan) variants() []scenarios.Scenario {
	list := []scenarios.Scenario{p.Scenario}
	for _, c := range p.cells {
		list = append(list, c.Scenario)
	}
	return list
}

// filesOf lists the files that the document was read from. What is shipped with
// the program is not among them, nor what came from elsewhere.
func filesOf(d *document.Document) []string {
	var files []string
	for name, text := range d.Sources() {
		if now, err := document.ReadFile(name); err == nil && string(bytes.TrimPrefix(now, []byte("\ufeff"))) == text {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	return files
}

// namedBy lists the files that nodes and services are run with.
func namedBy(s scenarios.Scenario) []string {
	var files []string
	for _, n := range s.Topology.Nodes {
		files = append(files, filesOfNode(n)...)
	}
	for _, svc := range s.Services {
		files = append(files, filesNamed(svc.On, svc.Command, svc.Health.Command)...)
	}
	for _, spec := range s.Faults {
		if f, err := newFault(spec); err == nil {
			if c, ok := f.(fault.Commander); ok {
				files = append(files, filesNamed(spec.On, c.Commands()...)...)
			}
		}
	}
	return files
}

// filesNamed lists the files that commands on the nodes name.
func filesNamed(nodes []string, commands ...[]string) []string {
	var files []string
	for _, arg := range slices.Concat(commands...) {
		for _, name := range append(document.Words(arg), arg) {
			for _, node := range nodes {
				path := strings.ReplaceAll(name, "{node}", node)
				if info, err := os.Stat(path); err == nil && filepath.IsAbs(path) && info.Mode().IsRegular() && !ofTheMachine(path) && !slices.Contains(files, path) {
					files = append(files, path)
				}
			}
		}
	}
	return files
}

// CommandFiles says which files were found that the services' commands name.
func (p *Plan) CommandFiles() []string {
	var lines []string
	for _, c := range p.cells {
		for _, svc := range c.Services {
			files := filesNamed(svc.On, svc.Command, svc.Health.Command)
			if line := fmt.Sprintf("service %s uses %s", svc.Name, document.Some(files)); len(files) > 0 && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func filesOfNode(n topologies.Node) []string {
	if n.Config == "" {
		return nil
	}
	var files []string
	for _, f := range bgp.OwnFiles(n) {
		files = append(files, f.Path)
	}
	return files
}

// ofTheMachine says whether the path is that of an installed program or a
// device.
func ofTheMachine(path string) bool {
	return slices.ContainsFunc([]string{"/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/dev/", "/proc/", "/sys/"}, func(dir string) bool {
		return strings.HasPrefix(filepath.Clean(path), dir)
	})
}

// commonDir is the innermost directory that has all the files in it.
func commonDir(paths []string) string {
	dir := ""
	for _, path := range paths {
		path, _ = filepath.Abs(path)
		if dir == "" {
			dir = filepath.Dir(path)
		}
		for dir != "/" && !strings.HasPrefix(path, dir+"/") {
			dir = filepath.Dir(dir)
		}
	}
	return dir
}

// readUsed reads each file once. One that can't be read is left to whoever
// can't do without it.
func readUsed(root string, paths []string) []usedFile {
	var files []usedFile
	seen := map[string]bool{}
	for _, path := range paths {
		absolute, _ := filepath.Abs(path)
		if seen[absolute] {
			continue
		}
		seen[absolute] = true
		if f, ok := readUsedFile(path); ok {
			below, _ := filepath.Rel(root, absolute)
			if f.text != nil {
				f.Kept = filepath.Join("files", below)
			}
			files = append(files, f)
		}
	}
	return files
}

func readUsedFile(path string) (usedFile, bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return usedFile{}, false
	}
	in, err := os.Open(path)
	if err != nil {
		return usedFile{}, false
	}
	defer in.Close()
	sum := sha256.New()
	text, err := io.ReadAll(io.TeeReader(io.LimitReader(in, document.MaxFile), sum))
	if err != nil {
		return usedFile{}, false
	}
	if more, err := io.Copy(sum, in); err != nil || more > 0 {
		text = nil
	}
	return usedFile{record.UsedFile{Path: path, SHA256: hex.EncodeToString(sum.Sum(nil))}, text, info.Mode().Perm()}, true
}

// digest completes the digest of a text that names the files: it changes with
// what is in them, not with where they are.
func digest(text string, named []usedFile) string {
	if len(named) == 0 {
		return text
	}
	sum := sha256.New()
	_, _ = io.WriteString(sum, text) // a hash takes everything
	for _, f := range named {
		_, _ = io.WriteString(sum, f.SHA256)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// keepFiles puts a copy of what the run is made with into its directory.
func (p *Plan) keepFiles(dir *record.Dir) error {
	told, named := p.usedFiles()
	for _, f := range slices.Concat(told, named) {
		if f.Kept == "" {
			continue
		}
		if err := dir.Add(f.Kept, f.text, f.mode); err != nil {
			return err
		}
	}
	return nil
}
