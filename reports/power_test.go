package reports

import (
	"bufio"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"anylab/reports/stats"
)

// storedTrial is one trial of a real run.
type storedTrial struct {
	place  float64 // the fault's, in the period that it was to cover: 0 to 1
	values map[string]float64
}

// storedTrials reads the trials of a real run, in the order in which they were
// made.
func storedTrials(t *testing.T, name string) []storedTrial {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "detection-"+name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []storedTrial
	var columns []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(strings.TrimPrefix(lines.Text(), "# "))
		if strings.HasPrefix(lines.Text(), "#") {
			columns = fields
			continue
		}
		values := map[string]float64{}
		for i, column := range columns {
			if values[column], err = strconv.ParseFloat(fields[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, storedTrial{values["place"], values})
		delete(values, "place")
	}
	return list
}

func storedDetections(t *testing.T, name string) []float64 {
	t.Helper()
	var values []float64
	for _, s := range storedTrials(t, name) {
		values = append(values, s.values["detection"])
	}
	return values
}

// A way to simulate a run out of a stored one: it begins a run, which then
// returns trial after trial.
type way func(random *rand.Rand, from []storedTrial) func() storedTrial

// anyTrial draws each trial independently.
func anyTrial(random *rand.Rand, from []storedTrial) func() storedTrial {
	return func() storedTrial { return from[random.IntN(len(from))] }
}

// asMade takes trials as a run makes them: from a random start on, the faults'
// places in the health check's interval follow the multiples of the golden
// ratio (lab/run/phase.go). For each place it takes the stored trial whose
// fault was to come next to it, with all that was measured of it, a checker or
// a fault that came late included. Nothing is computed from theory; that the
// place decides, and that this is no mere smoothing of the data, is what
// TestThePlaceDecides holds the stored trials to.
func asMade(random *rand.Rand, from []storedTrial) func() storedTrial {
	place := random.Float64()
	return func() storedTrial {
		nearest := from[0]
		for _, s := range from {
			if apart(s.place, place) < apart(nearest.place, place) {
				nearest = s
			}
		}
		_, place = math.Modf(place + 1/math.Phi)
		return nearest
	}
}

// apart is the distance of two places in a period that repeats.
func apart(a, b float64) float64 {
	d := math.Abs(a - b)
	return min(d, 1-d)
}

// inOrder takes trials in a row out of the stored run as it was.
func inOrder(random *rand.Rand, from []storedTrial) func() storedTrial {
	at := random.IntN(len(from))
	return func() storedTrial {
		s := from[at%len(from)]
		at++
		return s
	}
}

// sample makes n trials in which the detection takes longer by a factor, and
// what users feel by as many milliseconds. All that a comparison looks at is
// there; the way back is as it was.
func sample(next func() storedTrial, n int, longer float64) Samples {
	values := map[string][]Number{}
	for range n {
		s := next()
		more := (longer - 1) * s.values["detection"]
		for metric, v := range s.values {
			if metric == "detection" || metric == "outage" || metric == "switch" {
				v += more
			}
			values[metric] = append(values[metric], Number(v))
		}
	}
	return samplesOf(cellOf("", values))
}

// comparisons is how many are simulated of each kind.
const comparisons = 100

// simulated is how many of 100 comparisons of n + n trials find a regression
// of the detection, and how many any at all.
func simulated(from []storedTrial, run way, n int, longer float64, only []string) (detection, alarms float64) {
	random := rand.New(rand.NewPCG(uint64(n), uint64(100*longer)))
	thresholds := DefaultThresholds()
	thresholds.Only = only
	for range comparisons {
		c := Compare(sample(run(random, from), n, 1), sample(run(random, from), n, longer), thresholds)
		for _, row := range c.Rows {
			if row.Metric == "detection" && row.Verdict == Regression {
				detection += 100.0 / comparisons
			}
		}
		if c.Verdict == Regression {
			alarms += 100.0 / comparisons
		}
	}
	return detection, alarms
}

// TestPower is the promise that comparisons are built on, tried on the trials
// of real runs: with 20 + 20 trials a detection that takes 20 % longer is found
// in at least 95 of 100 comparisons, and at most 5 of 100 raise a false alarm
// in any row.
//
// With BFD, whose jitter makes trials independent, that is easy. A polled
// health check spreads detection over a whole interval: 20 % of a median of
// 150 ms is 30 ms, 0.9 standard deviations. Independent trials can't keep the
// promise there, whatever is done with them: the U test finds such a shift with
// a probability of 0.8 at most. Trials that cover the interval evenly can, when
// the detection is what is asked for; as one row among those of the way back,
// which share the 5 %, it takes 24 + 24.
func TestPower(t *testing.T) {
	t.Parallel()
	detection := []string{"detection"}
	for _, c := range []struct {
		name, how string
		run       way
		n         int
		longer    float64
		only      []string
		from, to  float64 // detected regressions of the detection, of 100
	}{
		{"silent-drop-bfd", "drawn", anyTrial, 20, 1.2, nil, 95, 100},
		{"silent-drop-bfd", "drawn", anyTrial, 20, 1, nil, 0, 5},
		{"service-crash", "as made", asMade, 20, 1.2, detection, 95, 100},
		{"service-crash", "as made", asMade, 20, 1.2, nil, 80, 100},
		{"service-crash", "as made", asMade, 24, 1.2, nil, 95, 100},
		{"service-crash", "as made", asMade, 20, 1, detection, 0, 5},
		{"service-crash", "as made", asMade, 20, 1, nil, 0, 5},
		{"service-crash", "in order", inOrder, 20, 1.2, detection, 90, 100},
		{"service-crash", "in order", inOrder, 20, 1, nil, 0, 5},
		{"service-crash", "drawn", anyTrial, 20, 1.2, detection, 50, 90},
		{"service-crash", "drawn", anyTrial, 20, 1, nil, 0, 5},
	} {
		found, alarms := simulated(storedTrials(t, c.name), c.run, c.n, c.longer, c.only)
		t.Logf("%s, %d + %d trials %s, %.0f %% longer, metrics %v: %.0f of 100 comparisons find it, %.0f find some regression", c.name, c.n, c.n, c.how, 100*(c.longer-1), c.only, found, alarms)
		if found < c.from || found > c.to {
			t.Errorf("found in %.1f of 100 comparisons, want %.0f to %.0f", found, c.from, c.to)
		}
		if c.longer == 1 && alarms > 5 {
			t.Errorf("%.1f of 100 comparisons raise a false alarm in some row", alarms)
		}
	}
}

// TestThePlaceDecides holds the stored trials to what the simulation takes for
// granted. A polled check keeps its beat, so the fault's place in the interval
// and the detection add up to the same place always, but for the few
// milliseconds by which something came late. With BFD's jitter they don't.
func TestThePlaceDecides(t *testing.T) {
	for name, want := range map[string]bool{"service-crash": true, "silent-drop-bfd": false} {
		const period, near = 100.0, 0.05
		trials := storedTrials(t, name)
		var beats []float64
		for _, s := range trials {
			_, beat := math.Modf(s.place + s.values["detection"]/period)
			beats = append(beats, beat)
		}
		most := 0
		for _, a := range beats {
			same := 0
			for _, b := range beats {
				if apart(a, b) <= near {
					same++
				}
			}
			most = max(most, same)
		}
		t.Logf("%s: %d of %d detections end at the same place", name, most, len(beats))
		if got := most >= len(beats)*9/10; got != want {
			t.Errorf("%s: %d of %d detections end within %.0f %% of the period, want nine in ten: %v", name, most, len(beats), 100*near, want)
		}
	}
}

// TestIntervalsAreCautious: the statistics take trials for independent. Those
// that cover the period evenly lie closer to the truth than the intervals say,
// never farther: an interval that is to have the median in it in 95 of 100
// runs has it in more, and the medians of runs are less apart.
func TestIntervalsAreCautious(t *testing.T) {
	from := storedTrials(t, "service-crash")
	truth := stats.Summarise(storedDetections(t, "service-crash"), 0).Median
	const runs = 1000
	covered, spread := map[string]int{}, map[string]float64{}
	for how, run := range map[string]way{"as made": asMade, "drawn": anyTrial} {
		random := rand.New(rand.NewPCG(5, 5))
		var medians []float64
		for range runs {
			side, _ := sample(run(random, from), 20, 1).Cells[0].side("detection")
			if float64(side.CI95[0]) <= truth && truth <= float64(side.CI95[1]) {
				covered[how]++
			}
			medians = append(medians, float64(side.Median))
		}
		s := stats.Summarise(medians, 0)
		spread[how] = s.P95 - s.Min
	}
	t.Logf("of %d intervals have the median in them: %v; the medians reach over %v ms", runs, covered, spread)
	if covered["as made"] < runs*99/100 || covered["as made"] < covered["drawn"] || covered["drawn"] < runs*93/100 {
		t.Errorf("of %d intervals of 95 %%, with the median in them: %v", runs, covered)
	}
	if spread["as made"] > spread["drawn"]/2 {
		t.Errorf("medians of 20 trials are spread over %v ms: an even cover gains nothing", spread)
	}
}
