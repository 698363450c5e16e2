package reports

import (
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strings"

	"anylab/lab/record"
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

// title says what a grid's cells are.
func (g *Grid) title() string {
	trials := "trials"
	if g.most() == 1 {
		trials = "trial"
	}
	return fmt.Sprintf("median outage of %d %s each; where nothing was lost, when traffic moved", g.most(), trials)
}

func (g *Grid) head() []string { return append([]string{""}, g.Columns...) }

// texts are the rows of the table; each begins with its name.
func (g *Grid) texts() [][]string {
	var rows [][]string
	for _, row := range g.Rows {
		texts := []string{row.Name}
		for _, c := range row.Cells {
			texts = append(texts, c.text(g.most()))
		}
		rows = append(rows, texts)
	}
	return rows
}

// gridTable writes the grid, the floors and what was left out for a terminal.
// Rows and columns change places: there are more faults than daemons fit a line.
func (r *Report) gridTable(b *strings.Builder) {
	if g := r.Result.Grid; g != nil {
		b.WriteString("\n== " + g.title() + "\n")
		columnsOf(b, func(t io.Writer) {
			rows := g.texts()
			for i, column := range g.head() {
				fmt.Fprint(t, column)
				for _, row := range rows {
					fmt.Fprint(t, "\t", row[i])
				}
				fmt.Fprintln(t)
			}
		})
	}
	if floors := r.floors(); len(floors) > 0 {
		b.WriteString("\n== " + floorTitle + "\n")
		columnsOf(b, func(t io.Writer) {
			fmt.Fprintln(t, strings.Join(floorHead, "\t"))
			for _, f := range floors {
				fmt.Fprintln(t, strings.Join(f.cells(), "\t"))
			}
		})
	}
	if lines := record.LeftOutLines(r.Result.LeftOut); len(lines) > 0 {
		b.WriteString("\nLeft out\n  " + strings.Join(lines, "\n  ") + "\n")
	}
}

var leftOutHead = []string{"cells", "why"}

// overview is the figure of the whole grid, and compared that of all cells
// beside theory. They stand beside their tables and not among the others; ""
// if there is no table, or no figure.
func (r *Report) overview() string { return r.beside("stages.svg", r.Result.Grid != nil) }

func (r *Report) compared() string {
	return r.beside("comparison.svg", len(r.Result.Comparison) > 0)
}

func (r *Report) beside(name string, table bool) string {
	at := slices.IndexFunc(r.Figures, func(f string) bool { return path.Base(f) == name })
	if !table || at < 0 {
		return ""
	}
	return r.Figures[at]
}

// gridMarkdown does the same for a page. Without a grid, the floors are a detail
// that comes after the cell.
func (r *Report) gridMarkdown(b *strings.Builder) {
	if g := r.Result.Grid; g != nil {
		rows := g.texts()
		table(b, words.Sentence(g.title()), g.head(), len(rows), func(i int) []string { return rows[i] })
		if f := r.overview(); f != "" {
			linkFigure(b, f)
		}
		r.floorMarkdown(b)
	}
	left := record.LeftOutReasons(r.Result.LeftOut)
	table(b, "Left out", leftOutHead, len(left), func(i int) []string { return []string{left[i].Cells, left[i].Reason} })
}

func (r *Report) floorMarkdown(b *strings.Builder) {
	floors := r.floors()
	table(b, words.Sentence(floorTitle), floorHead, len(floors), func(i int) []string { return floors[i].cells() })
}
