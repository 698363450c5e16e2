package reports

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"anylab/lab/record"
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
// make no two rows and columns. A row of which every cell was left out is none.
func newGrid(res Result, cells []record.Cell) *Grid {
	g := &Grid{}
	for _, c := range cells {
		row, column, ok := labelParts(c.Values)
		if !ok {
			return nil
		}
		if !slices.Contains(g.Columns, column) {
			g.Columns = append(g.Columns, column)
		}
		if !slices.ContainsFunc(g.Rows, func(r GridRow) bool { return r.Name == row }) {
			g.Rows = append(g.Rows, GridRow{Name: row})
		}
	}
	if len(g.Rows) < 2 || len(g.Columns) < 2 {
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
		if t.Cell[record.CellLabel] == label && t.Status == Doubtful {
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

// text is what the table says of a cell: "74.1 ms", or "none, moved at 77 ms".
func (c GridCell) text() string {
	out := "-"
	switch {
	case c.LeftOut != "":
		return "left out"
	case c.Median == nil && c.Inconclusive == 0:
		return out
	case c.Median == nil:
		out = "?"
	case math.IsInf(float64(*c.Median), 1):
		out = "not restored"
	case *c.Median == 0 && c.Switch != nil && math.IsInf(float64(*c.Switch), 1):
		out = "none, did not move"
	case *c.Median == 0 && c.Switch != nil:
		out = "none, moved at " + inMS(float64(*c.Switch))
	default:
		out = inMS(float64(*c.Median))
	}
	out += fmt.Sprintf(" (n %d", c.N)
	if c.Inconclusive > 0 {
		out += fmt.Sprintf(", %d inconclusive", c.Inconclusive)
	}
	return out + ")"
}

// gridTitle says what a grid's cells are.
const gridTitle = "median outage; where nothing was lost, when traffic moved"

func (g *Grid) head() []string { return append([]string{""}, g.Columns...) }

func (r GridRow) texts() []string {
	texts := []string{r.Name}
	for _, c := range r.Cells {
		texts = append(texts, c.text())
	}
	return texts
}

// gridTable writes the grid, the floors and what was left out for a terminal.
// Rows and columns change places: there are more faults than daemons fit a line.
func (r *Report) gridTable(b *strings.Builder) {
	if g := r.Result.Grid; g != nil {
		b.WriteString("\n== " + gridTitle + "\n")
		columnsOf(b, func(t io.Writer) {
			for _, row := range g.Rows {
				fmt.Fprintf(t, "\t%s", row.Name)
			}
			fmt.Fprintln(t)
			for i, column := range g.Columns {
				fmt.Fprint(t, column)
				for _, row := range g.Rows {
					fmt.Fprintf(t, "\t%s", row.Cells[i].text())
				}
				fmt.Fprintln(t)
			}
		})
	}
	if len(r.Result.Floors) > 0 {
		b.WriteString("\n== " + floorTitle + "\n")
		columnsOf(b, func(t io.Writer) {
			fmt.Fprintln(t, strings.Join(floorHead, "\t"))
			for _, f := range r.Result.Floors {
				fmt.Fprintln(t, strings.Join(f.cells(), "\t"))
			}
		})
	}
	if lines := record.LeftOutLines(r.Result.LeftOut); len(lines) > 0 {
		b.WriteString("\nLeft out\n  " + strings.Join(lines, "\n  ") + "\n")
	}
}

// gridMarkdown does the same for a page.
func (r *Report) gridMarkdown(b *strings.Builder) {
	if g := r.Result.Grid; g != nil {
		table(b, sentence(gridTitle, ""), g.head(), len(g.Rows), func(i int) []string { return g.Rows[i].texts() })
	}
	table(b, sentence(floorTitle, ""), floorHead, len(r.Result.Floors), func(i int) []string { return r.Result.Floors[i].cells() })
	if lines := record.LeftOutLines(r.Result.LeftOut); len(lines) > 0 {
		fmt.Fprintf(b, "\n## Left out\n\n- %s\n", strings.Join(lines, "\n- "))
	}
}
