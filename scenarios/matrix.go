package scenarios

import (
	"errors"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// MaxCells bounds what a matrix may expand to.
const MaxCells = 1000

// fixed are keys that belong to the scenario as a whole, not to a cell.
var fixed = []string{"name", "summary", "standard", "claim", "matrix", "missing"}

func addMatrix(s *Scenario, f scenarioFile) (err error) {
	if !f.At.Has("matrix") {
		return nil
	}
	if f.Matrix.IsList() {
		return addEntries(s, f)
	}
	if !f.Matrix.IsMapping() {
		return f.At.Errorf("matrix", "the matrix is a mapping of keys to lists of values, or a list of cells")
	}
	paths := map[string]string{}
	s.Matrix, err = axes(f.At, f.Matrix, func(key string) error { return checkKey(f.Matrix, key, paths) })
	return err
}

// axes reads a matrix that is a mapping. Each key is checked.
func axes(at, m document.Raw, check func(key string) error) (list []Axis, err error) {
	if len(m.Keys()) == 0 {
		return nil, at.Errorf("matrix", "the matrix has no key; it needs one with a list of at least one value")
	}
	cells := 1
	for _, key := range m.Keys() {
		if err := check(key); err != nil {
			return nil, err
		}
		axis, err := newAxis(m, key)
		if err != nil {
			return nil, err
		}
		if cells *= len(axis.Values); cells > MaxCells {
			if err := m.KeyErrorf(key, "the matrix has more than %d cells", MaxCells); err != nil {
				return nil, err
			}
		}
		if len(axis.Values) > 0 { // else a record has it
			list = append(list, axis)
		}
	}
	return list, nil
}

func newAxis(m document.Raw, key string) (Axis, error) {
	values := m.Value(key)
	if !values.IsList() || len(values.Items()) == 0 {
		return Axis{}, m.KeyErrorf(key, "the axis %s needs a list of at least one value", key)
	}
	axis := Axis{Name: key}
	for _, v := range values.Items() {
		if slices.Contains(axis.Values, v.String()) {
			return Axis{}, v.Errorf("", "the value %s is repeated", v)
		}
		axis.Values = append(axis.Values, v.String())
	}
	return axis, nil
}

// checkKey checks a key that cells set; paths are those of the keys before it.
func checkKey(m document.Raw, key string, paths map[string]string) error {
	path, known := route(key)
	if path == "" {
		first, _, _ := strings.Cut(key, ".")
		return m.KeyErrorf(key, "%s", document.Unknown("matrix key", first, known))
	}
	if slices.Contains(fixed, strings.Split(path, ".")[0]) {
		return m.KeyErrorf(key, "%s can't differ between cells", key)
	}
	if other, taken := paths[path]; taken {
		return m.KeyErrorf(key, "%s and %s are the same key", other, key)
	}
	paths[path] = key
	return nil
}

// Cells expands the matrix, each cell with Cell set: one scenario for every
// combination of values, the last axis changing fastest, or one for every
// entry of a list. Without a matrix it returns the scenario itself. Cells are
// made from Source: changes to other fields are not carried over.
func (s Scenario) Cells() ([]Scenario, error) {
	if len(s.Matrix) == 0 && len(s.Entries) == 0 {
		return []Scenario{s}, nil
	}
	var cells []Scenario
	for _, e := range append(combinations(s.Matrix, s.Source.Root().Value("matrix")), s.Entries...) {
		c, err := s.cell(e)
		if err != nil {
			return nil, err
		}
		cells = append(cells, c)
	}
	return cells, nil
}

// combinations returns an entry for every combination of the axes' values.
func combinations(axes []Axis, matrix document.Raw) []Entry {
	if len(axes) == 0 {
		return nil
	}
	var entries []Entry
	choice := make([]int, len(axes))
	for {
		e := Entry{Cell: map[string]string{}, keys: matrix}
		for i, axis := range axes {
			e.Cell[axis.Name] = axis.Values[choice[i]]
			e.settings = append(e.settings, setting{axis.Name, matrix.Value(axis.Name).Items()[choice[i]]})
		}
		entries = append(entries, e)
		if !advance(axes, choice) {
			return entries
		}
	}
}

// advance counts choice up like the digits of a number.
func advance(axes []Axis, choice []int) bool {
	for i := len(choice) - 1; i >= 0; i-- {
		if choice[i]++; choice[i] < len(axes[i].Values) {
			return true
		}
		choice[i] = 0
	}
	return false
}

// cell applies an entry to the scenario. Shorter paths come first: a setting
// that replaces a whole (topology) must not undo one of a part
// (topology.bfd).
func (s Scenario) cell(e Entry) (Scenario, error) {
	d := s.Source.Without("matrix")
	settings := slices.Clone(e.settings)
	slices.SortStableFunc(settings, func(a, b setting) int { return a.depth() - b.depth() })
	for _, set := range settings {
		if err := set.apply(d, e.keys); err != nil {
			return Scenario{}, err
		}
	}
	c, err := build(d)
	c.Cell = e.Cell
	return c, c.InCell(err)
}

// InCell says which cell of the matrix a mistake shows in.
func (s Scenario) InCell(err error) error { return inCell(s.Cell, err) }

func inCell(cell map[string]string, err error) error {
	var mistake *document.Error
	if len(cell) == 0 || !errors.As(err, &mistake) {
		return err
	}
	e := *mistake
	e.Msg += " (in the cell " + record.CellName(cell) + ")"
	return &e
}

// setting is one key of the scenario that a cell sets.
type setting struct {
	key   string
	value document.Raw
}

func (s setting) depth() int {
	path, _ := route(s.key)
	return strings.Count(path, ".")
}

// apply sets the key; keys is the mapping that has it, for errors.
func (s setting) apply(d *document.Document, keys document.Raw) error {
	path, _ := route(s.key)
	if strings.HasPrefix(path, "topology.") {
		if err := embedTopology(d); err != nil {
			return err
		}
	}
	return d.SetRaw(path, keys, s.key, s.value)
}
