package reports

import (
	"slices"
	"testing"
	"time"

	"anylab/reports/timeline"
)

func TestSummaryAdmitsWhatItLacks(t *testing.T) {
	blind := sound()
	blind.Broken.Stages = nil
	m := metrics[slices.IndexFunc(metrics, func(m metric) bool { return m.name == "detection" })]
	s, ok := summarise(m, []timeline.Failover{sound(), blind})
	if !ok || s.N != 1 || !slices.Contains(s.Warnings, "seen in 1 of 2 trials") {
		t.Errorf("%+v, want one value and a warning", s)
	}
	if _, ok := summarise(m, []timeline.Failover{blind}); ok {
		t.Error("a metric that was never seen has a summary")
	}
}

// The bounds of a median mean nothing once a trial has no upper bound.
func TestNoBoundsWithCensoredTrials(t *testing.T) {
	dead := sound()
	dead.Broken.Outage = timeline.Interval{Value: 3 * time.Second, Low: 3 * time.Second, Open: true}
	for _, c := range []struct {
		trials []timeline.Failover
		want   string
	}{{[]timeline.Failover{sound(), sound()}, "103.0 to 105.0 ms"}, {[]timeline.Failover{sound(), dead}, ""}} {
		s, _ := summarise(named(t, "outage"), c.trials)
		p := cellReport{good: c.trials, summary: map[string]Summary{"outage": s}}
		for _, f := range c.trials {
			p.trials = append(p.trials, newTrial(&f, nil, nil))
		}
		if got := p.outcome().Rows[0][2].Text; got != c.want {
			t.Errorf("bounds %q, want %q", got, c.want)
		}
	}
}
