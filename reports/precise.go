package reports

import (
	"fmt"
	"maps"
	"math"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/words"
)

// Precise says whether the conclusive trials that a run directory has of a
// cell so far determine a median as narrowly as a rule asks, and how narrowly
// they do. It judges the trials of this cell only.
func Precise(dir string, cell map[string]string, rule record.Precision) (enough bool, why string, err error) {
	run, err := record.ReadRun(dir)
	if err != nil {
		return false, "", err
	}
	r, err := read(dir, run)
	if err != nil {
		return false, "", err
	}
	if err := r.judge(func(of map[string]string) bool { return maps.Equal(of, cell) }); err != nil {
		return false, "", err
	}
	c, _ := Sampled(r.Result).cell(cell)
	enough, why = precise(c, rule)
	return enough, why, nil
}

func precise(c Cell, rule record.Precision) (enough bool, why string) {
	side, _ := c.side(rule.Metric)
	if side.N < rule.Min {
		return false, fmt.Sprintf("%s was seen in %s, at least %d are wanted", rule.Metric, words.Count(side.N, "conclusive trial"), rule.Min)
	}
	median := float64(side.Median)
	least, most := c.ends(rule.Metric)
	far := max(float64(most.CI95[1])-median, median-float64(least.CI95[0]))
	if !stats.Finite(far) {
		return false, fmt.Sprintf("the median %s of %s is not bounded", rule.Metric, words.Count(side.N, "trial"))
	}
	why = fmt.Sprintf("the median %s of %s is %s, %s", rule.Metric, words.Count(side.N, "trial"), words.Milliseconds(median), plusMinus(far, median))
	if rule.Share > 0 {
		return far < rule.Share*median || far == 0, why
	}
	return far < rule.Width, why
}

// ends describe the metric with all values at their low ends, and at their high
// ends.
func (c Cell) ends(metric string) (least, most Side) {
	of := Samples{Cells: []Cell{c}}
	least, _ = of.at(lowEnd).Cells[0].side(metric)
	most, _ = of.at(highEnd).Cells[0].side(metric)
	return least, most
}

// plusMinus writes how far the interval's ends are from the median.
func plusMinus(far, median float64) string {
	if median == 0 {
		return "± " + words.Milliseconds(far)
	}
	return fmt.Sprintf("± %s or %.1f %%", words.Milliseconds(far), 100*far/math.Abs(median))
}

// stopped notes how a cell with a rule to stop by ended.
func (res *Result) stopped(c record.Cell) {
	if c.Stop == nil {
		return
	}
	f := Finding{"enough-trials", Note, fmt.Sprintf("%s%d of up to %d trials were enough for %s: %s",
		words.In(c.Values), c.Stop.Made, c.Stop.Most, c.Stop.Rule, c.Stop.Why)}
	if !c.Stop.Met {
		f = Finding{"precision-not-reached", Note, fmt.Sprintf("%s%s were not enough for %s: %s",
			words.In(c.Values), words.Count(c.Stop.Made, "trial"), c.Stop.Rule, c.Stop.Why)}
	}
	res.Findings = append(res.Findings, f)
}
