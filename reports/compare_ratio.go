package reports

import (
	"cmp"
	"fmt"
	"math"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// CompareRatios compares what each cell's median is as a multiple of the
// reference cell's, so that the machine's speed cancels out as far as it
// affects both cells by the same factor. reference is the cell's name, or
// empty for base's first cell. A regression that hits both cells alike cancels out too:
// a note says so.
func CompareRatios(base, head Samples, reference string, t Thresholds) (Changes, error) {
	c, err := ratiosOnce(base, head, base, head, reference, t)
	if err == nil {
		c.bothEnds(base, head, func(from, to end) Changes {
			ends, _ := ratiosOnce(base.at(from), head.at(to), base.at(to), head.at(from), reference, t) // a ratio is low where its reference is high
			return ends
		})
	}
	return c, err
}

// ratiosOnce takes the cells from two samples, and their reference from two
// others.
func ratiosOnce(base, head, baseRefs, headRefs Samples, reference string, t Thresholds) (Changes, error) {
	c := Changes{Schema: changesSchema, Base: base.Run, Head: head.Run, Rows: []Change{}, Notes: []string{}}
	baseRef, headRef, err := references(baseRefs, headRefs, reference)
	if err != nil {
		return c, err
	}
	c.reference = record.CellName(baseRef.Cell)
	c.note("ratios to the cell %s of the same run: what slows both cells by the same factor can't be seen", c.reference)
	for _, b := range base.Cells {
		h, ok := head.cell(b.Cell)
		if !ok || record.CellName(b.Cell) == c.reference {
			continue
		}
		for _, m := range t.metrics(b) {
			if row, ok := c.compareRatio(pair{b, baseRef}, pair{h, headRef}, m, t); ok {
				c.Rows = append(c.Rows, row)
			}
		}
	}
	c.lacking(base, head)
	c.conclude()
	return c, nil
}

// references finds the reference cell in both runs.
func references(base, head Samples, name string) (b, h Cell, err error) {
	var names []string
	for _, c := range base.Cells {
		names = append(names, record.CellName(c.Cell))
		if name != "" && record.CellName(c.Cell) != name {
			continue
		}
		if h, ok := head.cell(c.Cell); ok {
			if len(base.Cells) < 2 {
				return b, h, fmt.Errorf("ratios need at least two cells: give the scenario a matrix")
			}
			return c, h, nil
		}
	}
	return b, h, fmt.Errorf("no reference cell %q in both runs; the cells of base: %q", name, names)
}

// pair is a cell and its run's reference cell.
type pair struct{ Cell, reference Cell }

func (p pair) of(metric string) (Side, stats.Pair) {
	side, values := p.side(metric)
	ref, reference := p.reference.side(metric)
	by := float64(ref.Median)
	side.Median /= Number(by)
	side.CI95 = [2]Number{side.CI95[0] / Number(by), side.CI95[1] / Number(by)}
	return side, stats.Pair{Values: values, Reference: reference}
}

func (p pair) share(metric string) float64 {
	return min(p.Cell.share(metric), p.reference.share(metric))
}

func (p pair) side(metric string) (Side, []float64) { return p.Cell.side(metric) }

// compareRatio compares one metric of one cell. A metric that either cell
// mostly lacks, or that is zero in the reference, has no ratio.
func (c *Changes) compareRatio(b, h pair, metric string, t Thresholds) (Change, bool) {
	row := Change{Cell: b.Cell.Cell, Metric: metric, Unit: "ratio"}
	if row.Why = cmp.Or(vanished(b.Cell, h.Cell, metric), vanished(b.reference, h.reference, metric)); row.Why != "" && b.share(metric) >= rare {
		row.Verdict = Unknown
		row.Base, _ = b.of(metric)
		row.Head, _ = h.of(metric)
		return row, true
	}
	if min(b.share(metric), h.share(metric)) < rare {
		return Change{}, false
	}
	ms, _ := b.side(metric)
	var base, head stats.Pair
	row.Base, base = b.of(metric)
	row.Head, head = h.of(metric)
	test := stats.CompareRatios(base, head)
	if math.IsNaN(test.Shift) {
		c.note("%s%s: a median is zero, or of trials that were not restored, so there is no ratio", words.In(b.Cell.Cell), metric)
		return Change{}, false
	}
	row.take(test)
	// The factor becomes a difference of the ratios, like a shift of medians.
	row.Shift = (row.Shift - 1) * row.Base.Median
	for i := range row.CI95 {
		row.CI95[i] = (row.CI95[i] - 1) * row.Base.Median
	}
	row.Threshold = Number(t.of(metric, float64(ms.Median))) / ms.Median * row.Base.Median
	row.Why = tooFew(b.Cell, h.Cell, row)
	if row.Why == "" {
		row.Why = tooFew(b.reference, h.reference, Change{Base: Side{N: len(base.Reference)}, Head: Side{N: len(head.Reference)}})
	}
	if row.Why != "" {
		row.Verdict = Unknown
	}
	row.tried = row.Verdict == ""
	return row, true
}
