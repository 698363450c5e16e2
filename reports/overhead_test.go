package reports

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

func TestOverheadIsWhatTheExperimentDoesNotNeed(t *testing.T) {
	spent := func(wall time.Duration) *record.Spent {
		return &record.Spent{Wall: wall, Reunion: 100 * ms, Phase: 300 * ms, Fault: 2000 * ms, Recovery: 1600 * ms}
	}
	a, b, c := sound(), sound(), sound()
	a.Spent, b.Spent, c.Spent = spent(4400*ms), spent(5000*ms), nil
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	run := record.Run{Experiment: crashing(t), Started: started, Ended: started.Add(12 * time.Second)}
	res := judge(run, []timeline.Failover{a, b, c})
	if got := res.Trials[0].Time; got == nil || *got != (Time{4400, 4000, 400, 0.1}) {
		t.Errorf("trial 1: %+v", got)
	}
	if got := res.Trials[2].Time; got != nil {
		t.Errorf("the record does not tell of trial 3, but: %+v", got)
	}
	if got := res.Run.Time; got == nil || *got != (RunTime{12000, Time{9400, 8000, 1400, 0.175}}) {
		t.Errorf("run: %+v", got)
	}
	r := &Report{Run: run, Result: res}
	for name, format := range map[string]Format{"table": Table, "markdown": Markdown, "html": HTML} {
		var out bytes.Buffer
		if err := format(&out, r); err != nil {
			t.Fatal(err)
		}
		if want := "12.0 s, of which 9.4 s were trials: 8.0 s that the experiment needs, and 18 % overhead"; !strings.Contains(out.String(), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
	if got := judge(record.Run{Started: started, Experiment: crashing(t)}, []timeline.Failover{a}).Run.Time; got != nil {
		t.Errorf("a run without an end took %+v", got)
	}
}
