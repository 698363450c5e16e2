package reports

import (
	"fmt"
	"math"
	"slices"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/reports/timeline"
	"anylab/reports/words"
)

// share is what one stage contributed, over the conclusive trials of a cell.
type share struct {
	stage  timeline.StageName
	median float64 // ms, of its duration
	p95    float64
	part   float64        // of the sum of all medians, 0 to 1
	n      int            // trials in which it was seen
	cause  timeline.Cause // what it waited for in most of them; empty if that is not known
}

// shares returns the median duration of every stage, in causal order.
func shares(good []timeline.Failover, of func(timeline.Failover) timeline.Episode) []share {
	values := map[timeline.StageName][]float64{}
	causes := map[timeline.StageName][]timeline.Cause{}
	for i, f := range good {
		for _, d := range durations(&good[i], of(f)) {
			values[d.stage] = append(values[d.stage], d.value)
			causes[d.stage] = append(causes[d.stage], d.cause)
		}
	}
	var list []share
	sum := 0.0
	for _, name := range words.Stages {
		if len(values[name]) == 0 {
			continue
		}
		s := stats.Summarise(values[name], 0)
		list = append(list, share{stage: name, median: s.Median, p95: s.P95, n: s.N, cause: prevailing(causes[name])})
		sum += s.Median
	}
	for i := range list {
		if sum > 0 {
			list[i].part = list[i].median / sum
		}
	}
	return list
}

// prevailing returns the cause of more than half of the trials.
func prevailing(causes []timeline.Cause) timeline.Cause {
	slices.Sort(causes)
	middle := causes[len(causes)/2]
	if n := len(slices.DeleteFunc(slices.Clone(causes), func(c timeline.Cause) bool { return c != middle })); 2*n <= len(causes) {
		return ""
	}
	return middle
}

func afterFault(f timeline.Failover) timeline.Episode   { return f.Broken }
func afterHealing(f timeline.Failover) timeline.Episode { return f.Mended }

// nothingToExplain says why there is nothing to explain: what is wrong with the first
// trial of the cell.
func (res *Result) nothingToExplain(c *cell) string {
	text := words.In(c.Values) + "no trial is conclusive"
	for _, i := range c.trials {
		for _, f := range res.Trials[i].Findings {
			if f.leavesOut() {
				return fmt.Sprintf("%s; trial %d: %s.", text, res.Trials[i].Index+1, f.Detail)
			}
		}
	}
	return text + "."
}

// explain says in a sentence what users saw and which stage took the time, over
// at least one conclusive trial. Each user fares differently where they find the
// service by DNS.
func explain(cell map[string]string, good []timeline.Failover, theory *record.Bounds, resolves bool) string {
	cut, outage := typical("interruption", good), typical("outage", good)
	switch {
	case good[0].Fault == "" && cut.Max == 0:
		return words.In(cell) + "nothing was broken, and nothing was lost."
	case math.IsInf(outage.Median, 1):
		return words.In(cell) + "in " + words.Of(outage.Censored, len(good), "trial") + " users were not served again until the fault was healed" +
			repaired(cut, good) + "."
	}
	text := "typically nothing was lost"
	switch {
	case cut.Median > 0 && resolves:
		text = "half of the users were typically cut off for no longer than " + words.Milliseconds(typical("user_outage", good).Median) +
			", the last of them for " + words.Milliseconds(cut.Median)
	case cut.Median > 0:
		text = "users were typically cut off for " + words.Milliseconds(cut.Median) + pieces(good) + ofWhich(cut.Median, outage.Median)
	}
	list := shares(good, afterFault)
	moved := slices.ContainsFunc(good, func(f timeline.Failover) bool { return f.Broken.Switch != nil })
	if len(list) == 0 || !moved {
		return words.In(cell) + text + "."
	}
	most := slices.MaxFunc(list, func(a, b share) int {
		if a.median < b.median {
			return -1
		}
		return 1
	})
	text = words.In(cell) + fmt.Sprintf("%s; of the time until traffic had moved, %s took the most: %s (%s).", text, words.Noun(most.stage), words.Milliseconds(most.median), words.Share(most.part))
	if why := words.Because(most.cause); why != "" {
		text += " " + words.Sentence(why) + "."
	}
	if slices.ContainsFunc(good, func(f timeline.Failover) bool { return f.Broken.Later() }) {
		return text // theory is of the first fault
	}
	return text + decided(list, theory)
}

// typical summarises a metric.
func typical(name string, good []timeline.Failover) stats.Summary {
	m, _ := metricOf(name)
	return collect(m, good).summarise()
}

// repaired says for how long users were cut off whom only a repair helped.
func repaired(cut stats.Summary, good []timeline.Failover) string {
	if !stats.Finite(cut.Median) {
		return ""
	}
	return ": they were typically cut off for " + words.Milliseconds(cut.Median) + pieces(good)
}

// pieces says in how many pieces users were cut off, where that is more than one.
func pieces(good []timeline.Failover) string {
	most := 0
	for _, f := range good {
		most = max(most, len(f.Interruption().Gaps))
	}
	if most < 2 {
		return ""
	}
	return fmt.Sprintf(" in all, in up to %d gaps", most)
}

// ofWhich says what the failover's part was, where that is not nearly all.
func ofWhich(cut, outage float64) string {
	if math.Abs(cut-outage) <= max(1, wideShare*cut) {
		return ""
	}
	return ", the failover's outage was " + words.Milliseconds(outage)
}

// decided names the timer behind the detection, where theory knows it and the
// detection is as theory has it.
func decided(list []share, theory *record.Bounds) string {
	at := slices.IndexFunc(list, func(s share) bool { return s.stage == timeline.Detect })
	if at < 0 || theory == nil || theory.Why == "" || !agrees(exactly(list[at].median), *theory) {
		return ""
	}
	return fmt.Sprintf(" A detection after %s was to be expected: %s.", words.Span(theory.Low, theory.High), theory.Why)
}
