package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/topologies/document"
)

func addInternetMatrix(s *Internet, f internetFile) (err error) {
	if !f.At.Has("matrix") {
		return nil
	}
	if !f.Matrix.IsMapping() {
		return f.At.Errorf("matrix", "the matrix is a mapping of keys to lists of values")
	}
	s.Matrix, err = axes(f.At, f.Matrix, func(key string) error {
		known := document.KeysOf(internetFile{})
		switch first, _, _ := strings.Cut(key, "."); {
		case !slices.Contains(known, first):
			return f.Matrix.KeyErrorf(key, "%s", document.Unknown("matrix key", first, known))
		case slices.Contains(fixed, first) || first == "trials":
			return f.Matrix.KeyErrorf(key, "%s can't differ between cells", key)
		}
		return nil
	})
	return err
}

// Cells expands the matrix, each cell with Cell set. Without one it returns the
// scenario itself.
func (s Internet) Cells() ([]Internet, error) {
	if len(s.Matrix) == 0 {
		return []Internet{s}, nil
	}
	var cells []Internet
	for _, e := range combinations(s.Matrix, s.Source.Root().Value("matrix")) {
		c, err := s.cell(e)
		if err != nil {
			return nil, err
		}
		c.Trials = s.Trials
		cells = append(cells, c)
	}
	return cells, nil
}

// cell sets what an entry does, shorter keys first.
func (s Internet) cell(e Entry) (Internet, error) {
	d := s.Source.Without("matrix")
	slices.SortStableFunc(e.settings, func(a, b setting) int { return strings.Count(a.key, ".") - strings.Count(b.key, ".") })
	for _, set := range e.settings {
		if err := d.SetRaw(set.key, e.keys, set.key, set.value); err != nil {
			return Internet{}, err
		}
	}
	c, err := buildInternet(d)
	c.Cell = e.Cell
	return c, inCell(e.Cell, err)
}

// InCell says which cell of the matrix a mistake shows in.
func (s Internet) InCell(err error) error {
	if err != nil && len(s.Cell) > 0 {
		return fmt.Errorf("in the cell %s: %w", record.CellName(s.Cell), err)
	}
	return err
}
