package reports

import (
	"strings"
	"testing"
)

// What happened to a cell that one of the runs lacks can't be told, whichever
// run it is. A regression elsewhere is one all the same.
func TestMissingCellCantBeTold(t *testing.T) {
	cell := func(name string, low float64) Cell {
		return cellOf(name, map[string][]Number{"outage": ramp(low, 2, 20)})
	}
	one, both := samplesOf(cell("10ms", 100)), samplesOf(cell("10ms", 100), cell("50ms", 100))
	for _, c := range []struct {
		name       string
		base, head Samples
		want       Direction
		code       int
	}{
		{"none is missing", both, both, Same, 0},
		{"head lacks one", both, one, Unknown, 4},
		{"base lacks one", one, both, Unknown, 4},
		{"the other one became slower", both, samplesOf(cell("10ms", 200)), Regression, 1},
		{"the other one became faster", both, samplesOf(cell("10ms", 20)), Unknown, 4},
	} {
		got := Compare(c.base, c.head, DefaultThresholds())
		if got.Verdict != c.want || got.ExitCode() != c.code {
			t.Errorf("%s: %s, exit code %d; want %s, %d", c.name, got.Verdict, got.ExitCode(), c.want, c.code)
		}
		var told bool
		for _, a := range got.Annotations() {
			told = told || a.Level == "warning" && strings.Contains(a.Message, "bfd.interval=50ms: only in")
		}
		if want := c.name != "none is missing"; told != want {
			t.Errorf("%s: annotations %+v; want a warning: %v", c.name, got.Annotations(), want)
		}
	}
	three := samplesOf(cell("10ms", 100), cell("50ms", 100), cell("90ms", 100))
	if got, err := CompareRatios(three, both, "", DefaultThresholds()); err != nil || got.ExitCode() != 4 {
		t.Errorf("ratios: %v, %s, exit code %d; want 4", err, got.Verdict, got.ExitCode())
	}
	if got, err := CompareRatios(three, three, "", DefaultThresholds()); err != nil || got.ExitCode() != 0 {
		t.Errorf("ratios of all: %v, %s, exit code %d; want 0", err, got.Verdict, got.ExitCode())
	}
}

// An outage that only one of the runs has can't be told, whichever that is.
func TestAMissingOutageCantBeTold(t *testing.T) {
	both := samplesOf(cellOf("10ms", map[string][]Number{"outage": ramp(100, 2, 20), "detection": ramp(90, 2, 20)}))
	one := samplesOf(cellOf("10ms", map[string][]Number{"detection": ramp(90, 2, 20)}))
	for name, c := range map[string][2]Samples{"base lacks it": {one, both}, "head lacks it": {both, one}} {
		if got := Compare(c[0], c[1], DefaultThresholds()); got.Verdict != Unknown || got.ExitCode() != 4 {
			t.Errorf("%s: %s, exit code %d; want %s, 4", name, got.Verdict, got.ExitCode(), Unknown)
		}
	}
}

// What a run measured while its silences were measured wrongly is no ground for
// "no regression", of whichever side; what is worse all the same is told.
func TestARunInDoubtCantBeTold(t *testing.T) {
	of := func(low float64, doubts ...string) Samples {
		s := samplesOf(cellOf("10ms", map[string][]Number{"outage": ramp(low, 2, 20)}))
		s.Doubts = doubts
		return s
	}
	const wrong = "calibration-error: 5 known silences were measured wrongly"
	for name, c := range map[string]struct {
		base, head Samples
		want       Direction
	}{
		"neither": {of(100), of(100), Same}, "the head": {of(100), of(100, wrong), Unknown}, "the base": {of(100, wrong), of(100), Unknown},
		"and slower": {of(100), of(200, wrong), Regression},
	} {
		got := Compare(c.base, c.head, DefaultThresholds())
		if got.Verdict != c.want || (name != "neither") != strings.Contains(strings.Join(got.Notes, "\n"), wrong) {
			t.Errorf("%s: %s, notes %q; want %s", name, got.Verdict, got.Notes, c.want)
		}
	}
}
