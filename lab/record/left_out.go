package record

import (
	"fmt"
	"slices"
	"strings"
)

// LeftOut is a cell of the matrix that was not carried out.
type LeftOut struct {
	Values map[string]string `json:"values"` // axis -> value
	Reason string            `json:"reason"` // what is missing, or can't be done
}

// LeftOutFor are the cells that were left out for one reason.
type LeftOutFor struct {
	Reason string
	Cells  string // "frr (killed; frozen); bird: killed"
}

// LeftOutLines says which cells were left out and why, a line for each reason.
func LeftOutLines(list []LeftOut) []string {
	var lines []string
	for _, l := range LeftOutReasons(list) {
		lines = append(lines, fmt.Sprintf("%s - %s", l.Cells, l.Reason))
	}
	return lines
}

// LeftOutReasons collects the cells of each reason, in their order.
func LeftOutReasons(list []LeftOut) []LeftOutFor {
	var reasons []LeftOutFor
	names := map[string][]string{}
	for _, l := range list {
		if names[l.Reason] == nil {
			reasons = append(reasons, LeftOutFor{Reason: l.Reason})
		}
		names[l.Reason] = append(names[l.Reason], CellName(l.Values))
	}
	for i, r := range reasons {
		reasons[i].Cells = some(inRows(names[r.Reason]))
	}
	return reasons
}

// inRows writes the cells of a row, whose labels are "row: column", as one.
func inRows(names []string) []string {
	var rows []string
	columns := map[string][]string{}
	for _, name := range names {
		row, column, ok := strings.Cut(name, ": ")
		if !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
		if ok {
			columns[row] = append(columns[row], column)
		}
	}
	for i, row := range rows {
		switch list := columns[row]; len(list) {
		case 0:
		case 1:
			rows[i] = row + ": " + list[0]
		default:
			rows[i] = row + " (" + some(list) + ")"
		}
	}
	return rows
}

// some joins names, of which there may be thousands: the first of them, and how
// many more there are.
func some(names []string) string {
	const most = 10
	if len(names) <= most+1 {
		return strings.Join(names, "; ")
	}
	return fmt.Sprintf("%s; ... and %d more", strings.Join(names[:most], "; "), len(names)-most)
}
