package figure

import (
	"fmt"
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// gridPanel is one column of a matrix whose labels have two parts, "row:
// column": a bar for each row.
type gridPanel struct {
	title string
	rows  []gridRow
}

// gridRow is one cell: its stages, and what users saw.
type gridRow struct {
	name string
	sample
}

// gridPanels returns the columns, nil if the labels are not of that form or make
// no two rows and columns, those included that were left out.
func gridPanels(in Input) []gridPanel {
	var panels []gridPanel
	rows := map[string]bool{}
	for _, label := range in.LeftOut {
		row, _, _ := strings.Cut(label, ": ")
		rows[row] = true
	}
	for _, s := range samplesOf(in.Trials) {
		row, column, ok := strings.Cut(s.trials[0].Failover.Cell[record.CellLabel], ": ")
		if !ok {
			return nil
		}
		at := slices.IndexFunc(panels, func(p gridPanel) bool { return p.title == column })
		if at < 0 {
			at = len(panels)
			panels = append(panels, gridPanel{title: column})
		}
		panels[at].rows = append(panels[at].rows, gridRow{row, s})
		rows[row] = true
	}
	if len(panels) < 2 || len(rows) < 2 {
		return nil
	}
	return panels
}

// The measures of a grid of panels, two side by side.
const (
	gridBar    = 16.5 // height of a row
	gridAround = 42   // title and axis of a panel
	gridGap    = 18   // between two panels

	leftOutLine = 15 // height of a line in the list of what was left out
	leftOutMost = 6  // lines of that list
)

// pairHeight is that of two panels, or of one and the list of what was left
// out.
func pairHeight(pair []gridPanel, leftOut []string) vg.Length {
	most := 0
	for _, p := range pair {
		most = max(most, len(p.rows))
	}
	height := vg.Length(most)*gridBar + gridAround
	if lines := min(len(leftOutRows(leftOut)), leftOutMost); len(pair) == 1 && lines > 0 {
		height = max(height, vg.Length(lines+2)*leftOutLine)
	}
	return height
}

// stacked draws, for every column of the matrix, each row's stages on top of
// each other. Columns differ by three orders of magnitude, so each has its own
// axis.
func stacked(in Input, panels []gridPanel) picture {
	height := 1.2 * vg.Inch
	for pair := range slices.Chunk(panels, 2) {
		height += pairHeight(pair, in.LeftOut)
	}
	return picture{"stages", height, func(c draw.Canvas) {
		c = header(c, in.Scenario+": which stage takes the time", "median time of each stage until traffic had moved, in ms since the fault; each panel has its own axis", stackedKeys(panels))
		for pair := range slices.Chunk(panels, 2) {
			h := pairHeight(pair, in.LeftOut)
			for i, p := range pair {
				half := (c.Size().X - gridGap) / 2
				left := c.Min.X + vg.Length(i)*(half+gridGap)
				p.draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
					Min: vg.Point{X: left, Y: c.Max.Y - vg.Length(len(p.rows))*gridBar - gridAround},
					Max: vg.Point{X: left + half, Y: c.Max.Y},
				}})
			}
			if len(pair) == 1 {
				drawLeftOut(draw.Crop(c, (c.Size().X+gridGap)/2, 0, 0, 0), in.LeftOut)
			}
			c.Max.Y -= h
		}
	}}
}

// stackedKeys is the legend: the stages that are drawn.
func stackedKeys(panels []gridPanel) []key {
	drawn := map[timeline.StageName]bool{}
	for _, p := range panels {
		for _, r := range p.rows {
			for _, s := range r.bars() {
				drawn[s.stage] = true
			}
		}
	}
	var keys []key
	for _, s := range words.Stages {
		if drawn[s] {
			keys = append(keys, key{label: words.Noun(s), fill: stageColors[s]})
		}
	}
	return append(keys, key{label: "median outage seen by probes", glyph: &outageGlyph})
}

// draw draws one panel on its own canvas.
func (n gridPanel) draw(c draw.Canvas) {
	c.FillText(bold(textSize, ink), vg.Point{X: c.Min.X, Y: c.Max.Y - 15}, n.title)
	c.Max.Y -= 18
	p := newPlot()
	p.X.Min, p.X.Max = 0, n.end()
	p.X.Tick.Marker = linearTicks{4}
	p.Y.Min, p.Y.Max = 0, float64(len(n.rows))
	ticks := plot.ConstantTicks{}
	for i, r := range n.rows {
		ticks = append(ticks, plot.Tick{Value: float64(len(n.rows)-i) - 0.5, Label: r.name})
	}
	p.Y.Tick.Marker, p.Y.Tick.Length = ticks, 0
	p.Add(plotterFunc(verticals), plotterFunc(func(c draw.Canvas, p *plot.Plot) {
		for i, r := range n.rows {
			r.draw(c, p, float64(len(n.rows)-1-i))
		}
	}))
	p.Draw(c)
}

// end leaves room for the text behind the longest bar.
func (n gridPanel) end() float64 {
	end := 1.0
	for _, r := range n.rows {
		room := 1.6
		if r.sum.N > 0 && r.sum.Median == 0 {
			room = 2.1 // its text is longer
		}
		end = max(end, room*r.end())
		if stats.Finite(r.sum.Median) {
			end = max(end, room*r.sum.Median)
		}
	}
	return end
}

// bars returns the stages' medians, of the inconclusive trials if there are no
// others.
func (r gridRow) bars() []segment {
	trials := slices.Clone(r.trials)
	if r.sum.N == 0 {
		for i := range trials {
			trials[i].Inconclusive = false
		}
	}
	medians := medianSegments(trials)
	var list []segment
	from := 0.0
	for _, s := range words.Stages {
		if ms, ok := medians[s]; ok {
			list = append(list, segment{s, from, from + ms})
			from += ms
		}
	}
	return list
}

func (r gridRow) end() float64 {
	bars := r.bars()
	if len(bars) == 0 {
		return 0
	}
	return bars[len(bars)-1].to
}

// draw draws a bar, faint where no trial is conclusive, and what it means for
// users.
func (r gridRow) draw(c draw.Canvas, p *plot.Plot, y float64) {
	opacity := 1.0
	if r.sum.N == 0 {
		opacity = doubtfulOpacity
	}
	for _, s := range r.bars() {
		fill(c, p, faint(stageColors[s.stage], opacity), s.from, y+0.14, s.to, y+0.86)
	}
	end := r.end()
	if m := r.sum.Median; r.sum.N > 0 && m > 0 && stats.Finite(m) {
		c.DrawGlyph(outageGlyph, at(c, p, m, y+0.5))
		end = max(end, m)
	}
	c.FillText(writing(smallSize, ink), vg.Point{X: at(c, p, end, 0).X + 7, Y: at(c, p, 0, y+0.5).Y - 4}, r.text())
}

// text is what users saw.
func (r gridRow) text() string {
	switch {
	case r.sum.N == 0:
		return "inconclusive"
	case !stats.Finite(r.sum.Median):
		return words.NotRestored
	case r.sum.Median > 0:
		return words.Milliseconds(r.sum.Median) + " cut off"
	}
	if moved := r.moved(); stats.Finite(moved) {
		return "no loss, moved at " + words.Milliseconds(moved)
	}
	return "no loss, did not move"
}

// moved returns the median of when another node answered first, +Inf if none
// did.
func (r gridRow) moved() float64 {
	var values []float64
	never := 0
	for _, t := range r.trials {
		switch s := t.Failover.Broken.Switch; {
		case t.Inconclusive:
		case s == nil:
			never++
		default:
			values = append(values, millis(s.Value))
		}
	}
	return stats.Summarise(values, never).Median
}

// leftOutRows names the cells that were not carried out; several of a row by
// their number.
func leftOutRows(labels []string) []string {
	var rows []string
	count := map[string]int{}
	for _, label := range labels {
		row, _, _ := strings.Cut(label, ": ")
		if count[row]++; count[row] == 1 {
			rows = append(rows, label)
		}
	}
	for i, label := range rows {
		if row, _, _ := strings.Cut(label, ": "); count[row] > 1 {
			rows[i] = fmt.Sprintf("%s: %d cells", row, count[row])
		}
	}
	return rows
}

// drawLeftOut lists the cells that were not carried out, where there is room.
func drawLeftOut(c draw.Canvas, labels []string) {
	labels = leftOutRows(labels)
	if len(labels) == 0 {
		return
	}
	y := c.Max.Y - 15
	c.FillText(bold(textSize, muted), vg.Point{X: c.Min.X, Y: y}, "left out (the report says why)")
	for i, label := range labels {
		y -= leftOutLine
		if i == leftOutMost-1 && len(labels) > leftOutMost {
			label = fmt.Sprintf("and %d more", len(labels)-i)
		}
		c.FillText(writing(smallSize, muted), vg.Point{X: c.Min.X, Y: y}, label)
		if i == leftOutMost-1 {
			return
		}
	}
}
