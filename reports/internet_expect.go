package reports

import (
	"cmp"
	"fmt"
	"slices"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/words"
)

// internetVerdict judges an expectation over the trials of a cell. A time without a
// statistic is that of every client or AS, another number without one that of every trial.
func internetVerdict(e record.Expectation, trials []record.InternetTrial, sites []record.InternetSite) Judgement {
	v := Judgement{Expect: e.Text, N: len(trials)}
	unit, ok := record.InternetUnit(e.Metric)
	if !ok || !slices.Contains(operators, e.Op) {
		v.Value, v.Decides = "not judged", "an anylab that knows the metric "+e.Metric
		return v
	}
	var values []bounded
	for _, t := range trials {
		values = append(values, exactly(internetNumber(e, t, sites)))
	}
	worst, all := bare(e, values)
	switch {
	case unit == record.Milliseconds:
		worst = exactly(internetQuantile(timesOf(internetTimes(e.Metric, trials)), cmp.Or(e.Stat, "max")))
		all = within(worst, e)
	case e.Stat != "":
		var plain []float64
		for _, b := range values {
			plain = append(plain, b.value)
		}
		worst = exactly(statistic(e.Stat, plain))
		all = within(worst, e)
	}
	v.OK, v.Value = all == yes, words.Amount(worst.value, string(unit))
	if unit == record.Share && !v.OK && v.Value == words.Amount(e.Value, string(unit)) {
		v.Value = fmt.Sprintf("%.9g %%", 100*worst.value) // which rounded is what was expected
	}
	return v
}

// internetTimes are the times of a metric, in all trials, with what each counts.
func internetTimes(metric string, trials []record.InternetTrial) (list []pooled) {
	for _, t := range trials {
		switch metric {
		case "interruption":
			list = pool(list, t.Outage.Times, t.Outage.Affected/hundred)
			list = append(list, pooled{0, 1 - t.Outage.Affected})
		case "outage":
			list = pool(list, t.Outage.Times, t.Outage.Affected)
		case "settled":
			list = pool(list, t.Settled, float64(t.Reached))
		case "alone":
			if t.Withdrawn != nil {
				list = pool(list, t.Withdrawn.Settled, 1)
			}
		}
	}
	return list
}

// hundred is how many points a distribution in the record has.
const hundred = 101

// internetQuantile is 0 of nobody.
func internetQuantile(t InternetTimes, stat string) float64 {
	at := map[string]int{"min": 0, "median": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}
	if len(t.Curve) == 0 {
		return 0
	}
	return float64(t.Curve[at[stat]])
}

// internetNumber is what a trial has one of.
func internetNumber(e record.Expectation, t record.InternetTrial, sites []record.InternetSite) float64 {
	switch e.Metric {
	case "affected":
		return t.Outage.Affected
	case "looped":
		return t.Outage.Looped
	case "lost":
		return t.Outage.Lost
	case "messages":
		return float64(t.Messages)
	case "changes":
		return float64(t.Changes)
	case "served":
		i := slices.IndexFunc(sites, func(s record.InternetSite) bool { return s.Name == e.Of })
		return sum(t.After[max(i, 0) : i+1])
	}
	most := 0.0 // unserved
	for _, s := range t.Shares {
		most = max(most, sum(s.Of[len(sites):]))
	}
	return most
}

func sum(list []float64) (all float64) {
	for _, v := range list {
		all += v
	}
	return all
}

// internetExpectations lists what was expected, of every cell.
func (r *Report) internetExpectations() page.Section {
	s := page.Section{Title: "What was expected (simulated)", Head: []string{"", "expectation", "value", ""}}
	for _, v := range r.Result.Verdicts {
		s.Rows = append(s.Rows, []page.Cell{mark(v, r.Result.Verdict), {Text: v.Expect, Kind: page.Code}, {Text: v.Value}, {Text: record.CellName(v.Cell)}})
	}
	if r.Result.Verdict == Inconclusive && len(s.Rows) > 0 {
		s.Notes = []string{"these are not judged: the run is inconclusive"}
	}
	return s
}
