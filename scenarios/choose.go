package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// Choose returns the cell that is meant: by its name, or by values that no other cell
// has, "daemon=frr, bgp.hold=3s". Without a matrix there is one, without a name.
func (s Scenario) Choose(cell string) (Scenario, error) {
	cells, err := s.Cells()
	if err != nil {
		return Scenario{}, err
	}
	var fit []Scenario
	for _, c := range cells {
		if record.CellName(c.Cell) == cell {
			return c, nil
		}
		if c.has(cell) {
			fit = append(fit, c)
		}
	}
	switch {
	case len(s.Matrix) == 0 && len(s.Entries) == 0:
		return Scenario{}, fmt.Errorf("%s has no matrix, and so no cell %q", s.Name, cell)
	case len(fit) == 0:
		return Scenario{}, fmt.Errorf("unknown cell %q%s; known: %s", cell, document.Suggest(cell, CellNames(cells)), document.Joined(CellNames(cells), "; "))
	case len(fit) > 1:
		return Scenario{}, fmt.Errorf("%q is in several cells: %s", cell, document.Joined(CellNames(fit), "; "))
	}
	return fit[0], nil
}

// has says whether the cell has all the values that are named.
func (s Scenario) has(values string) bool {
	return !slices.ContainsFunc(strings.Split(values, ","), func(kv string) bool {
		key, value, ok := strings.Cut(strings.TrimSpace(kv), "=")
		return !ok || s.Cell[key] != value
	})
}

// CellNames are the names of cells, as record.CellName has them.
func CellNames(cells []Scenario) (names []string) {
	for _, c := range cells {
		names = append(names, record.CellName(c.Cell))
	}
	return names
}
