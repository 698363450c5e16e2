package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/words"
)

// Grid lays the cells of a matrix out in two dimensions, where their labels
// have two parts: "frr: carrier loss" stands in the row frr and the column
// carrier loss.
type Grid struct {
	Columns []string  `json:"columns"`
	Rows    []GridRow `json:"rows"`
}

// GridRow has a cell for every column.
type GridRow struct {
	Name  string     `json:"name"`
	Cells []GridCell `json:"cells"`
}

// GridCell is one cell of the matrix: the median outage, and where nothing was
// lost, when traffic moved. A place that the matrix has no cell for has neither
// trials nor a reason.
type GridCell struct {
	Label        string  `json:"label,omitempty"`
	Median       *Number `json:"median_ms,omitempty"` // of the outage
	Switch       *Number `json:"switch_ms,omitempty"` // median time until another node answered
	N            int     `json:"n"`                   // conclusive trials
	Inconclusive int     `json:"inconclusive"`
	LeftOut      string  `json:"left_out,omitempty"` // why the cell was not carried out
}

// labelParts splits the label of a cell at its first colon.
func labelParts(values map[string]string) (row, column string, ok bool) {
	return strings.Cut(values[record.CellLabel], ": ")
}

// newGrid returns the grid of a run, nil if its labels are not of that form, or
// make no two rows and columns. A row of which every cell was left out counts
// among them, but is not shown: the list of what was left out says more.
func newGrid(res Result, cells []record.Cell) *Grid {
	g := &Grid{}
	rows := map[string]bool{}
	for _, l := range res.LeftOut {
		row, _, _ := labelParts(l.Values)
		rows[row] = true
	}
	for _, c := range cells {
		row, column, ok := labelParts(c.Values)
		if !ok {
			return nil
		}
		if !slices.Contains(g.Columns, column) {
			g.Columns = append(g.Columns, column)
		}
		rows[row] = true
		if !slices.ContainsFunc(g.Rows, func(r GridRow) bool { return r.Name == row }) {
			g.Rows = append(g.Rows, GridRow{Name: row})
		}
	}
	if len(rows) < 2 || len(g.Columns) < 2 {
		return nil
	}
	for i := range g.Rows {
		for _, column := range g.Columns {
			g.Rows[i].Cells = append(g.Rows[i].Cells, res.gridCell(g.Rows[i].Name+": "+column))
		}
	}
	return g
}

// gridCell collects what is known of the cell with the label.
func (res Result) gridCell(label string) GridCell {
	cell := GridCell{Label: label}
	for _, s := range res.Summary {
		if s.Cell[record.CellLabel] != label || s.N == 0 {
			continue
		}
		switch s.Metric {
		case "outage":
			cell.Median, cell.N = &s.Median, s.N
		case "switch":
			cell.Switch = &s.Median
		}
	}
	for _, t := range res.Trials {
		if t.Cell[record.CellLabel] == label && !t.Status.judged() {
			cell.Inconclusive++
		}
	}
	for _, l := range res.LeftOut {
		if l.Values[record.CellLabel] == label {
			cell.LeftOut = l.Reason
		}
	}
	return cell
}

// text is what the table says of a cell: "74.1 ms", or "none, moved at 77 ms",
// and how many trials are conclusive if those are not all of n.
func (c GridCell) text(n int) string {
	out := ""
	switch {
	case c.LeftOut != "":
		return "left out"
	case c.Median == nil && c.Inconclusive == 0:
		return "-"
	case c.Median == nil:
		return fmt.Sprintf("? (%d inconclusive)", c.Inconclusive)
	case math.IsInf(float64(*c.Median), 1):
		out = words.NotRestored
	case *c.Median == 0 && c.Switch != nil && math.IsInf(float64(*c.Switch), 1):
		out = "none, did not move"
	case *c.Median == 0 && c.Switch != nil:
		out = "none, moved at " + words.Milliseconds(float64(*c.Switch))
	default:
		out = words.Milliseconds(float64(*c.Median))
	}
	switch {
	case c.Inconclusive > 0:
		out += fmt.Sprintf(" (n %d, %d inconclusive)", c.N, c.Inconclusive)
	case c.N != n:
		out += fmt.Sprintf(" (n %d)", c.N)
	}
	return out
}

// most is how many conclusive trials the cells have, or the most of them.
func (g *Grid) most() int {
	most := 0
	for _, row := range g.Rows {
		for _, c := range row.Cells {
			most = max(most, c.N)
		}
	}
	return most
}

// gridSections show the grid, with what belongs to it. Rows and columns change
// places: there are more faults than daemons fit a line.
func gridSections(s sheet) []page.Section {
	left := page.Section{Title: "Left out", Head: []string{"cells", "why"}}
	for _, l := range record.LeftOutReasons(s.Result.LeftOut) {
		left.Rows = append(left.Rows, page.Texts(l.Cells, l.Reason))
	}
	g := s.Result.Grid
	if g == nil {
		return []page.Section{left}
	}
	table := page.Section{Picture: s.figure(gridFigure), Head: []string{""},
		Title: "Median outage of " + words.Count(g.most(), "trial") + " each; where nothing was lost, when traffic moved"}
	for i, column := range g.Columns {
		row := page.Texts(column)
		for _, r := range g.Rows {
			row = append(row, page.Numbers(r.Cells[i].text(g.most()))...)
		}
		table.Rows = append(table.Rows, row)
	}
	for _, r := range g.Rows {
		table.Head = append(table.Head, r.Name)
	}
	if s.brief {
		table.Notes = []string{"report.md has every cell: its stages, trials and expectations"}
	}
	return []page.Section{table, s.floorTable(), left}
}
