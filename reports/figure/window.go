package figure

import (
	"cmp"
	"slices"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// Window is a stretch of a trial that is worth a look: around the fault, or around
// its healing. Its times are milliseconds after Zero.
type Window struct {
	Title, Axis string
	Zero        record.Time
	From, To    float64
	Broken      [2]float64 // while the fault is in effect
	Stages      []timeline.Stage
}

// Windows are those of the trial, whose samples need not be there.
func (t Trial) Windows() []Window {
	var list []Window
	for _, n := range panelsOf(t) {
		n.end = cmp.Or(n.end, millis(n.episode.Until.Sub(n.episode.Zero)))
		w := n.window(nil, 1, t.Samples)
		list = append(list, Window{n.title, n.axis, n.episode.Zero, w.from, w.to, [2]float64{n.fault.from, n.fault.to}, n.episode.Stages})
	}
	return list
}

// Row is what flows saw that shared a fate: who answered them, one after another.
type Row struct {
	Flows int
	Bands []Band
}

// Band is a time with the same answer; one by nobody is of a service that doesn't say
// who answers.
type Band struct {
	Node     string
	Lost     bool
	From, To float64
}

// Rows puts a group's samples of the window together, those of most flows first.
func (w Window) Rows(g Group) []Row {
	in := span{w.From, w.To}
	var list []Row
	for _, together := range shared(flowsOf([]Group{g}, w.Zero, in), true) {
		row := Row{Flows: len(together)}
		for _, b := range rowOf(together, w.Zero, in).bands {
			last := len(row.Bands) - 1
			if last >= 0 && row.Bands[last].Node == b.node && row.Bands[last].Lost == b.lost && row.Bands[last].To >= b.from {
				row.Bands[last].To = b.to
				continue
			}
			row.Bands = append(row.Bands, Band{b.node, b.lost, b.from, b.to})
		}
		list = append(list, row)
	}
	slices.SortStableFunc(list, func(a, b Row) int { return cmp.Compare(b.Flows, a.Flows) })
	return list
}
