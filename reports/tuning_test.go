package reports

import (
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports/page"
)

// TestTuningAnswersBestFirst: what the lab has confirmed comes before what it has not, and
// of those that meet the goal the one with the fewest false failovers.
func TestTuningAnswersBestFirst(t *testing.T) {
	goal := record.Expectation{Text: "p95(outage) < 200ms", Stat: "p95", Metric: "outage", Op: "<", Value: 200, Unit: record.Milliseconds}
	reached := func(ms Number) Reached {
		return Reached{Trials: 60, Value: ms, Low: ms, High: ms + 1, Meets: ms+1 < 200, Fails: ms >= 200}
	}
	lab := func(r Reached) *Reached { return &r }
	fast := Setting{Set: []string{"i=20ms"}, Ease: []float64{0.2}, Simulated: reached(60), Worst: 5}
	good := Setting{Set: []string{"i=40ms"}, Ease: []float64{0.4}, Simulated: reached(120), Worst: 2}
	edge := Setting{Set: []string{"i=60ms"}, Ease: []float64{0.6}, Simulated: reached(180), Worst: 1}
	slow := Setting{Set: []string{"i=90ms"}, Ease: []float64{0.9}, Simulated: reached(270), Worst: 0.5}
	tried := func(s Setting, r Reached) Setting { s.Lab = lab(r); return s }
	for name, c := range map[string]struct {
		lab           bool
		list          []Setting
		first, slower string
		found, unsure bool
		says          string
	}{
		"simulated":            {false, []Setting{fast, slow, good, edge}, "i=60ms", "i=90ms", true, false, "i=60ms: p95(outage) 180.0 ms (180.0 to 181.0 ms), simulated in 60 trials, the upper end 19.0 ms below the goal; false failovers under the worst stress: 1 an hour"},
		"confirmed":            {true, []Setting{fast, slow, tried(good, reached(140)), tried(edge, reached(230))}, "i=40ms", "i=60ms", true, false, "i=40ms: p95(outage) 140.0 ms (140.0 to 141.0 ms), measured in 60 trials"},
		"not tried in the lab": {true, []Setting{fast, slow, good, edge}, "i=60ms", "", false, true, "nothing is confirmed to meet p95(outage) < 200ms; i=60ms may: "},
		"the lab can't tell":   {true, []Setting{fast, slow, tried(good, Reached{Trials: 8, Value: 150, Low: 120, High: 220})}, "i=40ms", "", false, true, "i=40ms may: p95(outage) 150.0 ms (120.0 to 220.0 ms), measured in 8 trials"},
		"too slow":             {false, []Setting{slow}, "i=90ms", "", false, false, "nothing meets p95(outage) < 200ms; i=90ms comes nearest: p95(outage) 270.0 ms (270.0 to 271.0 ms)"},
	} {
		tuning := NewTuning(name, goal)
		tuning.Settings, tuning.Lab = append(tuning.Settings, c.list...), c.lab
		tuning.Best()
		slower := ""
		if s := tuning.Slower(); s != nil {
			slower = s.Name()
		}
		if got := tuning.Settings[0].Name(); got != c.first || slower != c.slower || tuning.Found != c.found || tuning.Unsure != c.unsure || !strings.Contains(tuning.Says, c.says) {
			t.Errorf("%s: %s, next slower %s, found %v, unsure %v, %q", name, got, slower, tuning.Found, tuning.Unsure, tuning.Says)
		}
	}
}

// TestACutTuningSaysSo: what was interrupted may not have come to the best.
func TestACutTuningSaysSo(t *testing.T) {
	for outcome, cut := range map[string]bool{"completed": false, "interrupted": true} {
		tuning := NewTuning("cut", record.Expectation{Text: "p95(outage) < 150ms", Stat: "p95", Metric: "outage", Op: "<", Value: 150, Unit: record.Milliseconds})
		tuning.Settings = []Setting{{Set: []string{"i=40ms"}, Ease: []float64{0.5}, Simulated: Reached{Trials: 60, Value: 120, Low: 119, High: 121, Meets: true}}}
		tuning.Outcome = outcome
		tuning.Best()
		p := tuning.Page()
		if strings.Contains(p.Verdict.Text, "cut short") != cut || strings.HasPrefix(tuning.Says, "cut short (interrupted)") != cut {
			t.Errorf("%s: %q, %q", outcome, p.Verdict.Text, tuning.Says)
		}
	}
}

// TestMarginsAreOfTheUpperEnd: what is at the goal does not meet a goal with <.
func TestMarginsAreOfTheUpperEnd(t *testing.T) {
	goal := record.Expectation{Text: "p95(outage) < 150ms", Stat: "p95", Metric: "outage", Op: "<", Value: 150, Unit: record.Milliseconds}
	tuning := NewTuning("margins", goal)
	tuning.Settings = []Setting{
		{Set: []string{"i=49ms"}, Ease: []float64{0.5}, Simulated: Reached{Trials: 60, Value: 146, Low: 145, High: 147, Meets: true}},
		{Set: []string{"i=50ms"}, Ease: []float64{0.6}, Simulated: Reached{Trials: 60, Value: 149, Low: 148, High: 150}},
	}
	tuning.Best()
	var text strings.Builder
	if err := page.Markdown(&text, tuning.Page()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"146.0 ms (145.0 to 147.0 ms)", "| 3.0 ms |", "149.0 ms (148.0 to 150.0 ms)", "| 0 ms, not met |", "the upper end 3.0 ms below the goal"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, text.String())
		}
	}
}

func TestPerTime(t *testing.T) {
	for perHour, want := range map[float64]string{
		0: "none", 7200: "120 a minute", 2.5: "2.5 an hour", 0.131: "3.1 a day", 0.0136: "9.9 a month", 1e-3: "8.8 a year", 1e-6: "1 in 114 years", 1e-12: "less than 1 in a million years",
	} {
		if got := perTime(perHour); got != want {
			t.Errorf("%v an hour: %s, want %s", perHour, got, want)
		}
	}
}
