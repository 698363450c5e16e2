package reports

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// known is a silence of 20 ms, switched within 0.2 ms each time, that was
// measured as value within low to high.
func known(value, low, high time.Duration) timeline.Failover {
	zero := record.Time(time.Second)
	f := sound()
	f.Fault, f.On, f.Before.Lost = timeline.SilenceKind, []string{"london"}, 0
	f.Mended, f.Loads = timeline.Episode{}, []timeline.Load{{Load: record.Load{From: zero.Add(-time.Second)}, To: zero.Add(time.Second)}}
	f.Silence = &record.Silence{Asked: 20 * ms, Since: zero.Add(-30 * ms), Cut: zero.Add(-ms / 5), Dark: zero, Lift: zero.Add(20 * ms), Clear: zero.Add(20*ms + ms/5)}
	f.Broken = timeline.Episode{
		Zero: zero, Start: zero, Until: zero.Add(50 * ms), Restored: true, Sustained: true,
		Groups: []timeline.Group{{Name: "p", Sent: 80, Outage: timeline.Interval{Value: value}}},
		Outage: timeline.Interval{Value: value, Low: low, High: high},
	}
	return f
}

func TestSilencesShowWhatTheMeasurementIsWorth(t *testing.T) {
	good, wrong, late := known(20*ms, 19*ms, 21*ms), known(25*ms, 24*ms, 26*ms), known(25*ms, 24*ms, 26*ms)
	late.Clock = 2 * ms
	quiet, phantom := known(0, 0, ms), known(3*ms, 2*ms, 4*ms)
	quiet.Silence.Asked, phantom.Silence.Asked = 0, 0
	open := known(20*ms, 20*ms, 0)
	open.Broken.Outage.Open, open.Broken.Restored = true, false
	for _, c := range []struct {
		name                    string
		silences                []timeline.Failover
		good, doubtful, outside int
		finding                 string
		verdict                 Outcome
	}{
		{"all is well", []timeline.Failover{good, good, quiet}, 2, 0, 0, "", Pass},
		{"a silence measured wrongly", []timeline.Failover{good, wrong, good}, 3, 0, 1, "calibration-error", Inconclusive},
		{"an outage where there was none", []timeline.Failover{good, phantom}, 1, 0, 1, "calibration-error", Inconclusive},
		{"an outage that never ended", []timeline.Failover{good, open}, 2, 0, 1, "calibration-error", Inconclusive},
		{"a wrong one that is known to be doubtful", []timeline.Failover{good, late}, 1, 1, 0, "", Pass},
		{"hardly anything but doubt", []timeline.Failover{good, late, late}, 1, 2, 0, "calibration-inconclusive", Pass},
		{"nothing but doubt", []timeline.Failover{late, late}, 0, 2, 0, "calibration-inconclusive", Inconclusive},
	} {
		res := Result{Verdict: Pass}
		res.calibrate(record.Run{}, c.silences)
		got := res.Calibration
		if len(got.TrueMS) != c.good || len(got.MeasuredMS) != c.good || got.Doubtful != c.doubtful || got.Outside != c.outside {
			t.Errorf("%s: %d measured, %d doubtful, %d outside; want %d, %d, %d", c.name, len(got.TrueMS), got.Doubtful, got.Outside, c.good, c.doubtful, c.outside)
		}
		found := ""
		for _, f := range res.Findings {
			found += f.Name
		}
		if found != c.finding || res.Verdict != c.verdict {
			t.Errorf("%s: finding %q, verdict %s; want %q, %s", c.name, found, res.Verdict, c.finding, c.verdict)
		}
	}
}

func TestErrorOfCalibration(t *testing.T) {
	var res Result
	res.calibrate(record.Run{}, []timeline.Failover{known(20*ms, 19*ms, 21*ms), known(20*ms+ms/2, 19*ms, 22*ms)})
	e := res.Calibration.ErrorMS
	// In truth 20 ms, and up to 0.4 ms more: 20.2 ms in the middle.
	if got := res.Calibration.TrueMS[0]; got < 20.199 || got > 20.201 {
		t.Errorf("true length %v ms, want 20.2", got)
	}
	if e.Median < 0.249 || e.Median > 0.251 || e.Max < 0.299 || e.Max > 0.301 || e.Bound < 1.699 || e.Bound > 1.701 {
		t.Errorf("error %+v, want median 0.25, max 0.3, bound 1.5 + 0.2", e)
	}
	r := &Report{Result: res}
	var b strings.Builder
	if err := Silences(0)(&b, r); err != nil || !regexp.MustCompile(`20.0 ms +2 +2 +2 +0.25 ms +\S+ ms +0.30 ms +1.7 ms\n`).MatchString(b.String()) {
		t.Errorf("%v, table\n%s", err, b.String())
	}
	if text := r.calibrationText(); !strings.Contains(text, "0.30 ms (max)") || strings.Contains(text, "OUTSIDE") {
		t.Errorf("text %q", text)
	}
}

// The worst silence of a matrix is the calibration's error, and its lab is
// named; one that isn't conclusive is not the worst.
func TestTheWorstLabIsNamed(t *testing.T) {
	good, worse, doubtful := known(20*ms, 19*ms, 21*ms), known(20*ms+ms/2, 19*ms, 22*ms), known(25*ms, 24*ms, 26*ms)
	doubtful.Clock = 2 * ms
	good.Cell, worse.Cell, doubtful.Cell = map[string]string{"daemon": "bird"}, map[string]string{"daemon": "frr"}, map[string]string{"daemon": "gobgp"}
	var res Result
	res.calibrate(record.Run{}, []timeline.Failover{good, worse, doubtful, good})
	if text := (&Report{Result: res}).calibrationText(); !strings.Contains(text, "0.30 ms (max, in daemon=frr)") {
		t.Errorf("text %q", text)
	}
}

// The silences of a run are found in its record, shown, and kept in run.json.
func TestCalibrationIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	s := crashes(1)
	s.silence = true
	s.write(t, dir)
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Silences) != 1 || len(r.Result.Calibration.TrueMS) != 1 {
		t.Fatalf("%d silences, %+v", len(r.Silences), r.Result.Calibration)
	}
	for _, format := range []Format{Table, Markdown, HTML} {
		var b bytes.Buffer
		if err := format(&b, r); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), r.calibrationText()) {
			t.Errorf("the calibration is missing in %.60q", b.String())
		}
	}
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	run, err := record.ReadRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if run.Calibration == nil || run.Calibration.ErrorMS == nil || len(run.Calibration.TrueMS) != 1 {
		t.Errorf("run.json keeps %+v", run.Calibration)
	}
}
