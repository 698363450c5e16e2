package reports

import (
	"bufio"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// storedDetections reads the detection times of a real run.
func storedDetections(t *testing.T, name string) []float64 {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "detection-"+name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var values []float64
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		v, err := strconv.ParseFloat(lines.Text(), 64)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

// draw makes n trials out of the stored ones; each takes longer by a factor.
// The outage is detection and, as in the stored runs, some 2 ms more.
func draw(random *rand.Rand, from []float64, n int, longer float64) Samples {
	var detection, outage []Number
	for range n {
		d := longer * from[random.IntN(len(from))]
		detection = append(detection, Number(d))
		outage = append(outage, Number(d+1+2*random.Float64()))
	}
	return samplesOf(cellOf("", map[string][]Number{"detection": detection, "outage": outage, "switch": outage}))
}

// simulated is how many of 100 comparisons of n + n trials find a regression
// of the detection, and how many any at all.
func simulated(t *testing.T, name string, n int, longer float64, only []string) (detection, alarms int) {
	t.Helper()
	from := storedDetections(t, name)
	random := rand.New(rand.NewPCG(uint64(n), uint64(100*longer)))
	thresholds := DefaultThresholds()
	thresholds.Only = only
	for range 100 {
		c := Compare(draw(random, from, n, 1), draw(random, from, n, longer), thresholds)
		for _, row := range c.Rows {
			if row.Metric == "detection" && row.Verdict == Regression {
				detection++
			}
		}
		if c.Verdict == Regression {
			alarms++
		}
	}
	return detection, alarms
}

// TestPower is the promise that comparisons are built on, tried on the
// detection times of real runs: a regression by 20 % is found in at least 95
// of 100 comparisons, and at most 5 of 100 raise a false alarm in any row.
//
// With BFD, 20 + 20 trials keep it. A polled health check is spread over a
// whole interval: 20 % of a median of 150 ms is 30 ms, 0.9 standard deviations
// of times that are uniform over 100 to 200 ms (29 ms; 35 ms of those that
// take 20 % longer). The U test finds such a shift with a probability of about
// 0.8 at n = 20 and a level of 5 %, whatever is done: theory leaves no more in
// such samples. It takes 40 + 40 trials, or 60 + 60 where three rows share the
// 5 % (Holm).
func TestPower(t *testing.T) {
	for _, c := range []struct {
		name     string
		n        int
		longer   float64
		only     []string
		from, to int // detected regressions of the detection, of 100
	}{
		{"silent-drop-bfd", 20, 1.2, nil, 95, 100},
		{"silent-drop-bfd", 20, 1, nil, 0, 5},
		{"service-crash", 20, 1.2, nil, 40, 94},
		{"service-crash", 20, 1.2, []string{"detection"}, 60, 94},
		{"service-crash", 40, 1.2, []string{"detection"}, 95, 100},
		{"service-crash", 60, 1.2, nil, 95, 100},
		{"service-crash", 20, 1, nil, 0, 5},
		{"service-crash", 60, 1, nil, 0, 5},
	} {
		found, alarms := simulated(t, c.name, c.n, c.longer, c.only)
		t.Logf("%s, %d + %d trials, %.0f %% longer, metrics %v: %d of 100 comparisons find it", c.name, c.n, c.n, 100*(c.longer-1), c.only, found)
		if found < c.from || found > c.to {
			t.Errorf("%s, %d + %d trials, %.0f %% longer, metrics %v: found in %d of 100 comparisons, want %d to %d",
				c.name, c.n, c.n, 100*(c.longer-1), c.only, found, c.from, c.to)
		}
		if c.longer == 1 && alarms > 5 {
			t.Errorf("%s, %d + %d trials: %d of 100 comparisons raise a false alarm in some row", c.name, c.n, c.n, alarms)
		}
	}
}
