package scenarios

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"anylab/topologies"
)

// maxCells bounds what a matrix may expand to.
const maxCells = 1000

// fixed are keys that belong to the scenario as a whole, not to a cell.
var fixed = []string{"name", "summary", "expect", "matrix"}

func addMatrix(s *Scenario, f scenarioFile) error {
	if !f.At.Has("matrix") {
		return nil
	}
	if !f.Matrix.IsMapping() {
		return f.At.Errorf("matrix", "the matrix is a mapping of keys to lists of values")
	}
	cells := 1
	paths := map[string]string{}
	for _, key := range f.Matrix.Keys() {
		axis, err := newAxis(f.Matrix, key, paths)
		if err != nil {
			return err
		}
		if cells *= len(axis.Values); cells > maxCells {
			return f.Matrix.KeyErrorf(key, "the matrix has more than %d cells", maxCells)
		}
		s.Matrix = append(s.Matrix, axis)
	}
	return nil
}

func newAxis(m topologies.Raw, key string, paths map[string]string) (Axis, error) {
	path, known := route(key)
	if path == "" {
		first, _, _ := strings.Cut(key, ".")
		return Axis{}, m.KeyErrorf(key, "%s", topologies.Unknown("matrix key", first, known))
	}
	if slices.Contains(fixed, strings.Split(path, ".")[0]) {
		return Axis{}, m.KeyErrorf(key, "%s can't differ between cells", key)
	}
	if other, taken := paths[path]; taken {
		return Axis{}, m.KeyErrorf(key, "%s and %s are the same key", other, key)
	}
	paths[path] = key
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

// Cells expands the matrix: one scenario for every combination of values, the
// last axis changing fastest, each with Cell set. Without a matrix it returns
// the scenario itself. Cells are made from Source: changes to other fields
// are not carried over.
func (s Scenario) Cells() ([]Scenario, error) {
	if len(s.Matrix) == 0 {
		return []Scenario{s}, nil
	}
	var cells []Scenario
	choice := make([]int, len(s.Matrix))
	for {
		c, err := s.cell(choice)
		if err != nil {
			return nil, err
		}
		cells = append(cells, c)
		if !s.advance(choice) {
			return cells, nil
		}
	}
}

// advance counts choice up like the digits of a number.
func (s Scenario) advance(choice []int) bool {
	for i := len(choice) - 1; i >= 0; i-- {
		if choice[i]++; choice[i] < len(s.Matrix[i].Values) {
			return true
		}
		choice[i] = 0
	}
	return false
}

func (s Scenario) cell(choice []int) (Scenario, error) {
	matrix := s.Source.Root().Value("matrix")
	d := s.Source.Without("matrix")
	values := map[string]string{}
	for _, i := range s.order() {
		axis := s.Matrix[i]
		values[axis.Name] = axis.Values[choice[i]]
		if err := applyAxis(d, matrix, axis.Name, choice[i]); err != nil {
			return Scenario{}, err
		}
	}
	c, err := build(d)
	if err != nil {
		return Scenario{}, inCell(err, values)
	}
	c.Cell = values
	return c, nil
}

// inCell says which combination of values a mistake shows in.
func inCell(err error, values map[string]string) error {
	var mistake *topologies.Error
	if !errors.As(err, &mistake) {
		return err
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		pairs = append(pairs, name+"="+values[name])
	}
	e := *mistake
	e.Msg += " (in the cell " + strings.Join(pairs, " ") + ")"
	return &e
}

func applyAxis(d *topologies.Document, matrix topologies.Raw, key string, choice int) error {
	path, _ := route(key)
	if strings.HasPrefix(path, "topology.") {
		if err := embedTopology(d); err != nil {
			return err
		}
	}
	return d.SetRaw(path, matrix, key, matrix.Value(key).Items()[choice])
}

// order has shorter paths first: an axis that replaces a whole (topology)
// must not undo one that sets a part of it (topology.bfd).
func (s Scenario) order() []int {
	order := make([]int, len(s.Matrix))
	for i := range order {
		order[i] = i
	}
	depth := func(i int) int {
		path, _ := route(s.Matrix[i].Name)
		return strings.Count(path, ".")
	}
	slices.SortStableFunc(order, func(a, b int) int { return depth(a) - depth(b) })
	return order
}
