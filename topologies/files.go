package topologies

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"anylab/topologies/document"
)

// File is one of the user's own files.
type File struct {
	Name string // relative to the directory of the one that includes it
	Path string // where it stands
}

// FilesIn lists the files that a pattern means, relative to the directory: a file,
// all below a directory, or what matches a glob.
func FilesIn(dir, pattern string) ([]File, error) {
	if !filepath.IsLocal(pattern) {
		return nil, fmt.Errorf("%s leads out of %s, to which files are relative", pattern, filepath.Clean(dir))
	}
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return nil, fmt.Errorf("%s is not a pattern of file names: %w", pattern, err)
	}
	var list []File
	for _, path := range found {
		err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(dir, path)
			list = append(list, File{name, path})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("there is no file %s", filepath.Join(dir, pattern))
	}
	return list, nil
}

// addFiles lists the files that go with the node's configuration.
func addFiles(_ *Topology, n *Node, nf nodeFile) error {
	at := nf.At.At("files")
	if len(nf.Files) == 0 || at.Stored() {
		return nil
	}
	if n.Config == "" {
		return nf.At.KeyErrorf("files", "%s has no config: that could include files", n.Name)
	}
	for i, pattern := range nf.Files {
		list, err := FilesIn(filepath.Dir(n.Config), pattern)
		for _, f := range list {
			if err == nil {
				_, err = document.ReadFile(f.Path)
			}
		}
		if err != nil {
			return at.Items()[i].Errorf("", "%v", err)
		}
		for _, f := range list {
			if f.Path != n.Config && !slices.Contains(n.Files, f) {
				n.Files = append(n.Files, f)
			}
		}
	}
	return nil
}
