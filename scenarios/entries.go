package scenarios

import (
	"maps"

	"anylab/lab/record"
	"anylab/topologies/document"
)

// Entry is one cell of a matrix that is written as a list.
type Entry struct {
	Cell     map[string]string // its label, if it has one, and what it sets
	settings []setting
	keys     document.Raw // the mapping that has the settings' keys
}

func addEntries(s *Scenario, f scenarioFile) error {
	items := f.Matrix.Items()
	if len(items) == 0 || len(items) > MaxCells {
		return f.At.Errorf("matrix", "the matrix has %d cells; it may have 1 to %d", len(items), MaxCells)
	}
	for _, item := range items {
		e, err := newEntry(item)
		if err != nil {
			return err
		}
		for _, other := range s.Entries {
			if label := e.Cell[record.CellLabel]; label != "" && label == other.Cell[record.CellLabel] {
				return item.Errorf(record.CellLabel, "two cells are called %q", label)
			}
			if maps.Equal(other.Cell, e.Cell) {
				return item.Errorf("", "the cell is repeated")
			}
		}
		s.Entries = append(s.Entries, e)
	}
	return nil
}

func newEntry(item document.Raw) (Entry, error) {
	e := Entry{Cell: map[string]string{}, keys: item}
	if !item.IsMapping() {
		return e, item.Errorf("", "a cell of the matrix is a mapping of keys to values")
	}
	paths := map[string]string{}
	for _, key := range item.Keys() {
		value := item.Value(key)
		if key == record.CellLabel {
			text, ok := value.Scalar()
			if !ok || text == "" {
				return e, item.Errorf(key, "a label is a single text")
			}
			if err := document.CheckName(text); err != nil {
				return e, item.Errorf(key, "%v", err)
			}
			e.Cell[key] = text
			continue
		}
		if err := checkKey(item, key, paths); err != nil {
			return e, err
		}
		if key != "expect" && key != "trials" { // what is expected of a cell, and how often it is tried, makes it no other
			e.Cell[key] = value.String()
		}
		e.settings = append(e.settings, setting{key, value})
	}
	if len(e.Cell) == 0 {
		return e, item.Errorf("", "a cell of the matrix sets something, or has a label")
	}
	return e, nil
}
