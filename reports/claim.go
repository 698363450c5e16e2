package reports

import (
	"fmt"
	"strings"

	"anylab/lab/record"
	"anylab/reports/page"
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

// claimSection shows what is claimed, and whether it holds.
func claimSection(s sheet) []page.Section {
	list := page.Section{Title: "Claims", Head: []string{"claim", "case", "measured", "trials", "does it hold?"}}
	for _, v := range s.Result.Claims {
		list.Rows = append(list.Rows, claimed(v))
	}
	return []page.Section{list}
}

func claimed(v Judgement) []page.Cell {
	holds := page.Cell{Text: "no", Kind: page.Badge, Tone: page.Bad}
	switch {
	case v.Decides != "":
		holds.Text, holds.Tone = "can't tell: it would take "+v.Decides, page.Doubtful
	case v.Value == notJudged:
		holds.Text, holds.Tone = "not known", page.Doubtful
	case v.OK:
		holds.Text, holds.Tone = "yes", page.Good
	}
	if v.OK && v.every {
		holds.Text += "; it may fail in up to " + words.Share(stats.ZeroViolations(v.N)) + " of cases"
	}
	row := []page.Cell{{Text: v.Expect, Kind: page.Code}}
	return append(append(row, page.Texts(record.CellName(v.Cell), v.seen())...), page.Cell{Text: fmt.Sprint(v.N), Kind: page.Number}, holds)
}

// ofEvery says whether it is about every case, so that it held in all trials.
func ofEvery(e record.Expectation) bool {
	return e.Stat == "" || e.Stat == "max" && strings.HasPrefix(e.Op, "<") || e.Stat == "min" && strings.HasPrefix(e.Op, ">")
}
