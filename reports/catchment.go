package reports

import (
	"slices"
	"strings"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// located judges an expectation about where traffic goes. The value is that of
// the first trial in which it does not hold, else of the first.
func located(e record.Expectation, good []timeline.Failover) Judgement {
	v := Judgement{Expect: e.Text, Value: "not observed"}
	if len(good) == 0 {
		v.Value = notJudged
	}
	want := strings.Split(e.Is, "+")
	slices.Sort(want)
	v.OK = true
	for _, f := range good {
		seen, ok := stated(e, f)
		if !ok {
			continue
		}
		holds := slices.Equal(seen, want) == (e.Op == "==")
		if v.N == 0 || v.OK && !holds {
			v.Value = strings.Join(seen, "+")
		}
		v.N, v.OK = v.N+1, v.OK && holds
	}
	v.OK = v.OK && v.N > 0
	return v
}

// stated returns what the trial's states say about the place.
func stated(e record.Expectation, f timeline.Failover) ([]string, bool) {
	what, when := record.What(e.Metric), record.Before
	for suffix, w := range map[string]record.When{"_after": record.After, "_healed": record.Healed} {
		if metric, ok := strings.CutSuffix(e.Metric, suffix); ok {
			what, when = record.What(metric), w
		}
	}
	for _, s := range f.States {
		if s.Node == e.Of && s.What == what && s.When == when {
			if len(s.Nodes) == 0 {
				return []string{record.Nowhere}, true
			}
			return s.Nodes, true
		}
	}
	return nil, false
}
