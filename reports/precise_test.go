package reports

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports/stats"
	"anylab/scenarios"
)

func TestPrecise(t *testing.T) {
	rule := func(text string) record.Precision {
		p, err := scenarios.ParsePrecision(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Min = 6
		return p
	}
	for _, c := range []struct {
		name   string
		values []Number
		rule   string
		want   bool
		why    string
	}{
		{"narrow", ramp(100, 1, 8), "ci95(median(outage)) < 5%", true, "± 3.5 ms or 3.4 %"},
		{"wide", ramp(100, 5, 8), "ci95(median(outage)) < 5%", false, "± 17.5 ms or 14.9 %"},
		{"narrow enough in time", ramp(100, 1, 8), "ci95(median(outage)) < 4ms", true, "± 3.5 ms"},
		{"wide in time", ramp(100, 1, 8), "ci95(median(outage)) < 3ms", false, "± 3.5 ms"},
		{"no outage at all", make([]Number, 8), "ci95(median(outage)) < 5%", true, "± 0 ms"},
		{"no outage in most", append(make([]Number, 4), 1, 2, 3), "ci95(median(outage)) < 5%", false, "± 3.0 ms"},
		{"too few", ramp(100, 0, 5), "ci95(median(outage)) < 5%", false, "5 conclusive trials, at least 6"},
		{"not restored", append(ramp(100, 1, 4), Number(math.Inf(1)), Number(math.Inf(1)), Number(math.Inf(1))), "ci95(median(outage)) < 5%", false, "not bounded"},
		{"never seen", ramp(100, 1, 8), "ci95(median(detection)) < 5%", false, "0 conclusive trials"},
	} {
		got, why := precise(cellOf("", map[string][]Number{"outage": c.values}), rule(c.rule))
		if got != c.want || !strings.Contains(why, c.why) {
			t.Errorf("%s: %v, %q; want %v, %q", c.name, got, why, c.want, c.why)
		}
	}
}

func TestPreciseReadsARunThatGoesOn(t *testing.T) {
	s := crashes(8)
	s.set = []string{"trials={max: 40, until: ci95(median(outage)) < 80%}"}
	s.planned = 40
	s.trials[1].lossBefore = true
	dir := filepath.Join(t.TempDir(), "run")
	s.write(t, dir)
	sc, err := scenarios.Load(s.scenario, s.set...)
	if err != nil {
		t.Fatal(err)
	}
	rule := *sc.Until
	rule.Min = 7
	if enough, why, err := Precise(dir, nil, rule); err != nil || !enough || !strings.Contains(why, "7 trials") {
		t.Errorf("%v, %q, %v; want the 7 conclusive trials to be enough", enough, why, err)
	}
	rule.Min = 8
	if enough, _, err := Precise(dir, nil, rule); err != nil || enough {
		t.Errorf("%v, %v; an inconclusive trial counts", enough, err)
	}
	if _, _, err := Precise(t.TempDir(), nil, rule); err == nil {
		t.Error("no error without a run")
	}
}

func TestReportsSayWhyARunStopped(t *testing.T) {
	for met, want := range map[bool]string{true: "enough-trials(note) ", false: "precision-not-reached(note) "} {
		res := Result{}
		res.stopped(record.Cell{Stop: &record.Stop{Rule: "rule", Met: met, Made: 10, Most: 20}})
		res.stopped(record.Cell{})
		if got := names(res.Findings); got != want {
			t.Errorf("met %v: %s", met, got)
		}
	}
}

// TestStoppingKeepsTheInterval: whoever waits for a narrow interval gets one
// that is too narrow at times; the rule's looks are few enough that the median
// of stored detections is still in it nine times in ten if trials are drawn
// independently, and nearly always if they are taken as runs make them.
func TestStoppingKeepsTheInterval(t *testing.T) {
	from := storedTrials(t, "service-crash")
	truth := stats.Summarise(storedDetections(t, "service-crash"), 0).Median
	for _, c := range []struct {
		name  string
		run   way
		least int // of 100
	}{{"drawn", anyTrial, 88}, {"as made", asMade, 97}} {
		random := rand.New(rand.NewPCG(9, 9))
		const runs = 300
		covered, stopped := 0, 0
		for range runs {
			side, early := stoppedRun(c.run(random, from))
			if early {
				stopped++
			}
			if float64(side.CI95[0]) <= truth && truth <= float64(side.CI95[1]) {
				covered++
			}
		}
		t.Logf("%s: the median is in %d of %d intervals; %d runs stopped early", c.name, covered, runs, stopped)
		if covered < runs*c.least/100 || stopped < runs/2 {
			t.Errorf("%s: the median is in %d of %d intervals; %d runs stopped early", c.name, covered, runs, stopped)
		}
	}
}

// stoppedRun makes trials until their interval is narrow enough, or 100.
func stoppedRun(next func() storedTrial) (side Side, early bool) {
	rule := record.Precision{Metric: "detection", Min: 10, Share: 0.1}
	c := Cell{Values: map[string][]Number{}}
	for look := 10; c.Trials < 100 && !early; {
		c.Trials++
		c.Values["detection"] = append(c.Values["detection"], Number(next().values["detection"]))
		if c.Trials == look {
			early, _ = precise(c, rule)
			look = int(float64(look)*1.1) + 1
		}
	}
	side, _ = c.side("detection")
	return side, early
}
