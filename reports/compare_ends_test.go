package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"anylab/reports/timeline"
	"anylab/scenarios"
)

// doubted are outages whose low ends are so much lower, and high ends higher.
func doubted(v []Number, low, high float64) Samples {
	s := outages(v)
	c := &s.Cells[0]
	c.Low, c.High = map[string][]Number{}, map[string][]Number{}
	for _, x := range v {
		c.Low["outage"] = append(c.Low["outage"], Number(max(0, float64(x)-low)))
		c.High["outage"] = append(c.High["outage"], x+Number(high))
	}
	return s
}

func TestComparisonsAreMadeAtBothEnds(t *testing.T) {
	never := Number(math.Inf(1))
	quarter := append(ramp(1000, 2, 15), never, never, never, never, never)
	for _, c := range []struct {
		name       string
		base, head Samples
		want       Direction
		code       int
		why        string
	}{
		{"slower by 40, of which 16 may be the machine's", outages(ramp(100, 2, 20)), doubted(ramp(140, 2, 20), 16, 0), Regression, 1, ""},
		{"slower by 40, of which 36 may be the machine's", outages(ramp(100, 2, 20)), doubted(ramp(140, 2, 20), 36, 0), Unknown, 4, "from +4.0 ms to +40.0 ms; it would take a quieter machine"},
		{"slower by 40, and the base may have been slower, too", doubted(ramp(100, 2, 20), 0, 36), outages(ramp(140, 2, 20)), Unknown, 4, "from +4.0 ms to +40.0 ms"},
		{"slower by 40 from what may have been faster", doubted(ramp(100, 2, 20), 36, 0), outages(ramp(140, 2, 20)), Regression, 1, ""},
		{"the same, from what may have been faster by more than matters", doubted(ramp(100, 2, 20), 36, 0), outages(ramp(100, 2, 20)), Unknown, 4, "from 0 ms to +36.0 ms"},
		{"the same, from what may have been faster by less than matters", doubted(ramp(100, 2, 20), 6, 0), outages(ramp(100, 2, 20)), Same, 0, ""},
		{"the same, to what may have been faster", outages(ramp(100, 2, 20)), doubted(ramp(100, 2, 20), 60, 0), Same, 0, ""},
		{"faster by 40", doubted(ramp(140, 2, 20), 16, 0), outages(ramp(100, 2, 20)), Improvement, 0, ""},
		{"faster by 40, of which 36 may have been the machine's", doubted(ramp(140, 2, 20), 36, 0), outages(ramp(100, 2, 20)), Same, 0, "an improvement, but"},
		{"more that were not restored, whatever was waited", outages(ramp(1000, 2, 20)), doubted(quarter, 900, 0), Regression, 1, "5 of 20 trials not restored"},
		{"too few", outages(ramp(100, 2, 3)), doubted(ramp(140, 2, 3), 16, 0), Unknown, 4, "3 + 3 trials"},
	} {
		got := Compare(c.base, c.head, DefaultThresholds())
		if got.Verdict != c.want || got.ExitCode() != c.code || !strings.Contains(got.Rows[0].Why, c.why) {
			t.Errorf("%s: %s, exit code %d, %q; want %s, %d, %q", c.name, got.Verdict, got.ExitCode(), got.Rows[0].Why, c.want, c.code, c.why)
		}
	}
}

// A ratio is low where its reference is high.
func TestRatiosAreComparedAtBothEnds(t *testing.T) {
	two := func(ref, other, low float64) Samples {
		a, b := doubted(ramp(ref, ref/100, 12), low, 0), doubted(ramp(other, other/100, 12), 0, 0)
		a.Cells[0].Cell, b.Cells[0].Cell = map[string]string{"bfd.interval": "50ms"}, map[string]string{"bfd.interval": "10ms"}
		a.Cells = append(a.Cells, b.Cells[0])
		return a
	}
	for _, c := range []struct {
		head, low float64
		want      Direction
	}{{150, 5, Regression}, {150, 80, Regression}, {100, 2, Same}, {100, 80, Unknown}} {
		got, err := CompareRatios(two(200, 100, 0), two(200, c.head, c.low), "bfd.interval=50ms", DefaultThresholds())
		if err != nil || got.Verdict != c.want {
			t.Errorf("%v ms, reference less %v: %v, %s %+v; want %s", c.head, c.low, err, got.Verdict, got.Rows, c.want)
		}
	}
}

func TestTrendsSayWhatBoundsHide(t *testing.T) {
	for _, c := range []struct {
		low  float64
		want bool
	}{{0, false}, {16, false}, {45, true}} {
		var runs []Samples
		for i := range 12 {
			level, low := 100.0, 0.0
			if i >= 6 {
				level, low = 140, c.low
			}
			s := doubted(ramp(level, 1, 8), low, 0)
			s.Run.ID, s.Run.Started = fmt.Sprint(i), time.Unix(int64(i), 0)
			runs = append(runs, s)
		}
		trend, err := MakeTrend(runs, "outage", false, false)
		if err != nil || len(trend.Cells[0].Changes) != 1 || trend.Cells[0].Changes[0].Unsure != c.want {
			t.Errorf("with doubts of %v ms: %v, %+v; want one change, unsure %v", c.low, err, trend.Cells, c.want)
		}
	}
}

// starved are trials that a machine made longer: each by something up to size,
// which is what its doubt says.
func starved(random *rand.Rand, truth []float64, size float64) []timeline.Failover {
	var list []timeline.Failover
	for _, v := range truth {
		f := sound()
		d := time.Duration((v + random.Float64()*size) * float64(time.Millisecond))
		f.Broken.Outage = timeline.Interval{Value: d, Low: d - ms, High: d + ms}
		f.Doubts = []timeline.Doubt{{Name: "run-queue", For: time.Duration(size * float64(time.Millisecond)), Side: timeline.LowSide}}
		list = append(list, f)
	}
	return list
}

// TestVerdictsUnderLoad: of trials whose truth is known, and which the machine made
// longer by no more than their doubts say, no verdict is wrong, whatever the
// margin; and most can be told where the margin is larger than the doubts.
func TestVerdictsUnderLoad(t *testing.T) {
	from := storedTrials(t, "service-crash")
	random := rand.New(rand.NewPCG(11, 15))
	for _, size := range []float64{4, 16, 45, 120} {
		for _, margin := range []float64{1.2, 2, 10} {
			told, wrong := 0, 0
			const runs = 400
			for i := range runs {
				var truth []float64
				next := asMade(random, from)
				for range 5 {
					truth = append(truth, next().values["outage"])
				}
				worst := statistic("max", truth)
				limit, want := worst*margin, yes
				if i%2 == 1 {
					limit, want = worst/margin, no
				}
				e, err := scenarios.ParseExpectation(fmt.Sprintf("max(outage) < %.3fms", limit))
				if err != nil {
					t.Fatal(err)
				}
				switch v := evaluate(e, starved(random, truth, size)); {
				case v.Decides != "":
				case v.OK == (want == yes):
					told++
				default:
					told, wrong = told+1, wrong+1
				}
			}
			t.Logf("doubts of %v ms, margin %v: %.1f %% of %d verdicts conclusive, %d wrong", size, margin, 100*float64(told)/runs, runs, wrong)
			if wrong > 0 {
				t.Errorf("%d of %d verdicts are wrong", wrong, runs)
			}
			if margin >= 2 && size <= 45 && told < runs*95/100 {
				t.Errorf("only %d of %d verdicts are conclusive", told, runs)
			}
		}
	}
}

// TestRegressionsUnderLoad: a detection of 20 % more is found in spite of doubts
// that are well below the shift, on both sides of the comparison, and doubts of
// any size raise no false alarms.
func TestRegressionsUnderLoad(t *testing.T) {
	t.Parallel()
	under := func(random *rand.Rand, s Samples, size float64) Samples {
		c := &s.Cells[0]
		c.Low = map[string][]Number{}
		for i, v := range c.Values["detection"] {
			v += Number(random.Float64() * size)
			c.Values["detection"][i], c.Low["detection"] = v, append(c.Low["detection"], max(0, v-Number(size)))
		}
		return s
	}
	thresholds := DefaultThresholds()
	thresholds.Only = []string{"detection"}
	for _, c := range []struct {
		name string
		run  way
		n    int
		size float64
		from int // how many of 100 regressions are found, at least
	}{
		{"service-crash", asMade, 30, 4, 90}, {"service-crash", asMade, 20, 16, 0},
		{"silent-drop-bfd", anyTrial, 20, 4, 90}, {"silent-drop-bfd", anyTrial, 20, 16, 0},
	} {
		trials := storedTrials(t, c.name)
		random := rand.New(rand.NewPCG(uint64(c.size), 7))
		found, missed, alarms := 0, 0, 0
		for range comparisons {
			base := func() Samples { return under(random, sample(c.run(random, trials), c.n, 1), c.size) }
			switch Compare(base(), under(random, sample(c.run(random, trials), c.n, 1.2), c.size), thresholds).Verdict {
			case Regression:
				found++
			case Same, Improvement:
				missed++
			}
			if c.from > 0 && Compare(base(), base(), thresholds).Verdict == Regression {
				alarms++
			}
		}
		t.Logf("%s, %d + %d trials, doubts of %v ms: of 100 regressions %d are found, %d are said not to be there, the others can't be told; %d false alarms", c.name, c.n, c.n, c.size, found, missed, alarms)
		if found < c.from || alarms > 5 || missed > 5 {
			t.Errorf("want at least %d found, at most 5 false alarms, and at most 5 that are said not to be there", c.from)
		}
	}
}
