package reports

import (
	"fmt"
	"io"
	"strings"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// claims judges what is claimed, over the conclusive trials of a cell.
func claims(x record.Experiment, cell map[string]string, good []timeline.Failover) []Judgement {
	var list []Judgement
	for _, c := range x.Claims {
		v := evaluate(c, good)
		v.Cell, v.every = cell, ofEvery(c)
		if v.Value == words.NotRestored {
			v.Value = words.NotRestoredWithin(millis(x.Limit))
		}
		list = append(list, v)
	}
	return list
}

var claimHead = []string{"claim", "case", "measured", "trials", "does it hold?"}

// claimed are the columns of claimHead.
func claimed(v Judgement) []string {
	holds := "no"
	switch {
	case v.Value == notJudged:
		holds = "not known"
	case v.OK && v.every:
		holds = fmt.Sprintf("yes; it may fail in up to %.0f %% of cases", 100*stats.ZeroViolations(v.N))
	case v.OK:
		holds = "yes"
	}
	return []string{v.Expect, record.CellName(v.Cell), v.Value, fmt.Sprint(v.N), holds}
}

// ofEvery says whether it is about every case, so that it held in all trials.
func ofEvery(e record.Expectation) bool {
	return e.Stat == "" || e.Stat == "max" && strings.HasPrefix(e.Op, "<") || e.Stat == "min" && strings.HasPrefix(e.Op, ">")
}

// claimTable writes what is claimed for a terminal.
func (r *Report) claimTable(b *strings.Builder) {
	if len(r.Result.Claims) == 0 {
		return
	}
	b.WriteString("\n== claims\n")
	columnsOf(b, func(t io.Writer) {
		fmt.Fprintln(t, strings.Join(claimHead, "\t"))
		for _, v := range r.Result.Claims {
			fmt.Fprintln(t, strings.Join(claimed(v), "\t"))
		}
	})
}
