package record

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever happens to the events after they were written is seen.
func TestEventsAreSealed(t *testing.T) {
	lines := func(text []byte) [][]byte { return bytes.SplitAfter(text, []byte("\n")) }
	for _, c := range []struct {
		name, want string
		spoil      func(text []byte) []byte
	}{
		{"nothing", "", func(text []byte) []byte { return text }},
		{"a line is missing", "there are 3 events where 4 were written", func(text []byte) []byte { return bytes.Join(lines(text)[1:], nil) }},
		{"a line is doubled", "there are 5 events where 4 were written", func(text []byte) []byte { return append(bytes.Clone(lines(text)[0]), text...) }},
		{"all is doubled", "stand behind its end", func(text []byte) []byte { return append(bytes.Clone(text), text...) }},
		{"a line is changed", "changed since", func(text []byte) []byte {
			return bytes.Replace(text, []byte(`"offset_ns":2`), []byte(`"offset_ns":9`), 1)
		}},
		{"two lines have changed places", "changed since", func(text []byte) []byte {
			l := lines(text)
			l[0], l[1] = l[1], l[0]
			return bytes.Join(l, nil)
		}},
	} {
		d := create(t)
		for i := range int64(4) {
			d.Emit(Event{At: Time(i), Kind: KindClock, Data: Clock{OffsetNS: i}})
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(d.Path(), "events.jsonl")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, c.spoil(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, err := range Events(d.Path()) {
			if err != nil {
				got = err.Error()
			}
		}
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Who wants events of some times alone gets these, and is told all the same that another
// one was changed.
func TestEventsOfWantedTimes(t *testing.T) {
	d := create(t)
	for at := range Time(5) {
		d.Emit(Event{At: at, Kind: KindClock, Data: Clock{OffsetNS: int64(at)}})
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	read := func() (got []Time, last error) {
		for e, err := range EventsOf(d.Path(), func(at Time) bool { return at == 1 || at == 3 }) {
			if last = err; err == nil {
				got = append(got, e.At)
			}
		}
		return got, last
	}
	if got, err := read(); err != nil || !slices.Equal(got, []Time{1, 3}) {
		t.Errorf("%v, %v; want those at 1 and 3", got, err)
	}
	file := filepath.Join(d.Path(), "events.jsonl")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte(`"offset_ns":2`), []byte(`"offset_ns":9`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(); err == nil || !strings.Contains(err.Error(), "changed since") {
		t.Errorf("of a changed event that is not wanted: %v", err)
	}
}

// A record that was cut off has no end; one that was ended has.
func TestARecordThatIsCutOffHasNoEnd(t *testing.T) {
	d := create(t)
	w, err := d.Samples(ProbeGroup{Name: "g", Rate: 1, Flows: 1})
	if err != nil {
		t.Fatal(err)
	}
	d.Emit(Event{Kind: KindClock, Data: Clock{}})
	w.Write(Sample{})
	ended := func(when string, want bool) {
		t.Helper()
		end, err := ReadEnd(d.Path())
		probes, perr := Ended(d.Path(), "g")
		if err != nil || perr != nil || (end != nil) != want || probes != want {
			t.Errorf("%s: %v, %v; %v, %v", when, end, err, probes, perr)
		}
	}
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	ended("before the end", false)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	ended("after the end", true)
	cutLastBytes(t, filepath.Join(d.Path(), "events.jsonl"), 3)
	cutLastBytes(t, filepath.Join(d.Path(), "probes", "g.csv"), 3)
	ended("after the end was cut", false)
}

// Whatever happens to samples after they were written is seen.
func TestSamplesAreSealed(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(text string) string
	}{
		{"nothing", "", func(text string) string { return text }},
		{"a line is missing", "there are 2 samples where 3 were written", func(text string) string { return strings.Replace(text, "1,0,1000,1000,2000,a,0\n", "", 1) }},
		{"an answer is changed", "samples were changed since", func(text string) string { return strings.Replace(text, ",2000,a", ",,", 1) }},
		{"the description is changed", "samples were changed since", func(text string) string { return strings.Replace(text, `"rate":1`, `"rate":2`, 1) }},
		{"all is doubled", "stand behind its end", func(text string) string { return text + text }},
	} {
		d := create(t)
		w, err := d.Samples(ProbeGroup{Name: "g", Client: "london", Rate: 1, Flows: 1})
		if err != nil {
			t.Fatal(err)
		}
		for seq := range uint64(3) {
			w.Write(Sample{Seq: seq, Due: 1000, Sent: 1000, Received: 2000, Node: "a"})
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		edit(t, filepath.Join(d.Path(), "probes", "g.csv"), c.spoil)
		got, n := "", 0
		for _, err := range Samples(d.Path(), "g") {
			if err != nil {
				got = err.Error()
			} else {
				n++
			}
		}
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || c.want == "" && n != 3 {
			t.Errorf("%s: %d samples, %q, want %q", c.name, n, got, c.want)
		}
	}
}

func edit(t *testing.T, file string, change func(string) string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(change(string(text))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What was to be done can't be changed after it was; only the calibration is added.
func TestRunJSONIsSealed(t *testing.T) {
	d := create(t)
	if err := d.WriteRun(Run{Scenario: "s", Outcome: "completed", ExperimentSHA: "00", Cells: []Cell{{Trials: 5}, {Trials: 6}}}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(d.Path(), "run.json")
	edit(t, file, func(text string) string { return strings.Replace(text, `"trials": 6`, `"trials": 1`, 1) })
	if _, err := ReadRun(d.Path()); err != nil {
		t.Errorf("before the run has ended: %v", err)
	}
	if err := d.WriteRun(Run{Scenario: "s", Outcome: "completed", ExperimentSHA: "00", Cells: []Cell{{Trials: 5}, {Trials: 6}}}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Calibration{{TrueMS: []float64{5}}, {TrueMS: []float64{5}, ErrorMS: &CalibrationError{Max: 1}}, nil} {
		if err := KeepCalibration(d.Path(), c); err != nil {
			t.Fatal(err)
		}
		run, err := ReadRun(d.Path())
		if diff := cmp.Diff(c, run.Calibration); err != nil || diff != "" || len(run.Cells) != 2 {
			t.Errorf("with a calibration: %v, %d cells, %s", err, len(run.Cells), diff)
		}
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for old, new := range map[string]string{
		`"trials": 6`:               `"trials": 1`,
		`"experiment_sha256": "00"`: `"experiment_sha256": "01"`,
		`"outcome": "completed"`:    `"outcome": "interrupted"`,
		`"seed"`:                    `"sead"`,
	} {
		edit(t, file, func(string) string { return strings.Replace(string(whole), old, new, 1) })
		if _, err := ReadRun(d.Path()); err == nil || !strings.Contains(err.Error(), "run.json is damaged: it was changed since the run ended") {
			t.Errorf("%s for %s: %v", new, old, err)
		}
	}
	edit(t, file, func(string) string { return strings.ReplaceAll(string(whole), "\n  ", "\n") })
	if _, err := ReadRun(d.Path()); err != nil {
		t.Errorf("only laid out otherwise: %v", err)
	}
}
