package reports

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"anylab/lab/record"
	"anylab/reports/words"
)

// longestTime is longer than any trial, in milliseconds: a year.
const longestTime = 366 * 24 * 3.6e6

// signed are the metrics that may be negative: from one stage to the next, which
// two readers have stamped.
var signed = []string{"announcement", "detection", "installation", "propagation", "receipt", "restoration", "return", "rib_in", "rib_out", "withdrawal"}

// sound says what of the samples no run can have measured: the file is damaged,
// or made up.
func (s Samples) sound() error {
	var names []string
	for _, c := range s.Cells {
		name := record.CellName(c.Cell)
		if slices.Contains(names, name) {
			return fmt.Errorf("the cell %q is there twice", name)
		}
		names = append(names, name)
		if err := c.sound(); err != nil {
			return fmt.Errorf("%s%w", words.In(c.Cell), err)
		}
	}
	return nil
}

func (c Cell) sound() error {
	if c.Trials < 0 || c.Inconclusive < 0 {
		return fmt.Errorf("there are %d trials and %d inconclusive ones", c.Trials, c.Inconclusive)
	}
	for _, metric := range slices.Sorted(maps.Keys(c.Values)) {
		values := c.Values[metric]
		if len(values) > c.Trials {
			return fmt.Errorf("%s has %d values of %s", metric, len(values), words.Count(c.Trials, "trial"))
		}
		for _, ends := range []map[string][]Number{c.Low, c.High} {
			if list, ok := ends[metric]; ok && len(list) != len(values) {
				return fmt.Errorf("%s has %d values and %d bounds of them", metric, len(values), len(list))
			}
		}
		for i, v := range values {
			if low, high := c.boundsOf(metric, i); low > high {
				return fmt.Errorf("%s is between %v and %v, which is nothing", metric, low, high)
			}
			if why := impossible(metric, float64(v)); why != "" {
				return fmt.Errorf("%s is %v, which is %s", metric, v, why)
			}
		}
	}
	return nil
}

// boundsOf returns the ends of a metric's i-th value.
func (c Cell) boundsOf(metric string, i int) (low, high Number) {
	low, high = c.Values[metric][i], c.Values[metric][i]
	if list, ok := c.Low[metric]; ok {
		low = list[i]
	}
	if list, ok := c.High[metric]; ok {
		high = list[i]
	}
	return low, high
}

// impossible says why no trial has such a value; "" if it may be.
func impossible(metric string, v float64) string {
	name, _ := record.ClientOf(metric)
	switch {
	case math.IsInf(v, 1):
		return ""
	case math.Abs(v) > longestTime:
		return "beyond what a trial can last"
	case v < 0 && !slices.Contains(signed, name):
		return "negative"
	}
	return ""
}

// statuses are the statuses of trials.
var statuses = []Status{OK, Doubtful, NotRestored, Untouched}

// verdicts are those of runs.
var verdicts = []Outcome{Pass, Fail, Inconclusive}

// sound says what no report says of a run and its trials.
func (res Result) sound() error {
	if !slices.Contains(verdicts, res.Verdict) {
		return fmt.Errorf("the verdict is %q; there are %q", res.Verdict, verdicts)
	}
	for _, t := range res.Trials {
		if !slices.Contains(statuses, t.Status) {
			return fmt.Errorf("%strial %d has the status %q; there are %q", words.In(t.Cell), t.Index+1, t.Status, statuses)
		}
	}
	if res.Calibration != nil {
		for i, s := range res.Calibration.Silences {
			if !slices.Contains(statuses, s.Status) {
				return fmt.Errorf("known silence %d has the status %q; there are %q", i+1, s.Status, statuses)
			}
		}
	}
	seen := map[string]bool{}
	for _, t := range res.Trials {
		id := fmt.Sprintf("%strial %d", words.In(t.Cell), t.Index+1)
		if seen[id] {
			return fmt.Errorf("%s is there twice", id)
		}
		seen[id] = true
		if err := t.bounded(); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
}

// summed says of which metric a summary counts more trials than there are.
func (res Result) summed() error {
	there := map[string]int{}
	for _, t := range res.Trials {
		if t.Status.judged() {
			there[record.CellName(t.Cell)]++
		}
	}
	for _, s := range res.Summary {
		if n := there[record.CellName(s.Cell)]; s.N > n {
			return fmt.Errorf("%sthe summary of %s is of %s, %d of which are there", words.In(s.Cell), s.Metric, words.Count(s.N, "trial"), n)
		}
	}
	return nil
}

// bounded looks for bounds that leave nothing between them.
func (t Trial) bounded() error {
	all := map[string]Bounds{"interruption_ms": t.Interruption.bounds()}
	for name, p := range map[string]*Passage{"": &t.Passage, "failback.": t.Failback} {
		if p == nil {
			continue
		}
		all[name+"outage_ms"] = p.Outage.bounds()
		for stage, b := range p.Bounds {
			all[name+"stages_bounds_ms."+stage] = b
		}
	}
	for metric, b := range t.MetricsBounds {
		all["metrics_bounds."+metric] = b
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if b := all[name]; b.Low > b.High {
			return fmt.Errorf("%s is between %v and %v, which is nothing", name, b.Low, b.High)
		}
	}
	return nil
}

// bounds are those of the interval's truth.
func (i Interval) bounds() Bounds {
	if i.High == nil {
		return Bounds{i.Low, Number(math.Inf(1))}
	}
	return Bounds{i.Low, *i.High}
}
