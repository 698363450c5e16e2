package reports

import (
	"slices"
	"testing"
	"time"

	"anylab/reports/timeline"
)

// Trials that keep striking one phase of a timer tell of that phase only: a run
// of them proves nothing, however well each was measured.
func TestPhasesThatAreNotSpread(t *testing.T) {
	for name, tt := range map[string]struct {
		detect func(i int) float64 // ms
		trials int
		period time.Duration
		found  bool
	}{
		"spread":            {func(i int) float64 { return 101 + float64(i*37%97) }, 20, 100 * time.Millisecond, false},
		"one phase":         {func(i int) float64 { return 160 + float64(i%3) }, 20, 100 * time.Millisecond, true},
		"around the turn":   {func(i int) float64 { return 101 + 98*float64(i%2) }, 20, 100 * time.Millisecond, true},
		"half the phases":   {func(i int) float64 { return 101 + float64(i*7%50) }, 20, 100 * time.Millisecond, false},
		"too few to tell":   {func(int) float64 { return 160 }, 5, 100 * time.Millisecond, false},
		"no timer in play":  {func(int) float64 { return 160 }, 20, 0, false},
		"a much faster one": {func(int) float64 { return 160 }, 20, 100 * time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := crashes(tt.trials)
			s.period = tt.period
			for i := range s.trials {
				s.trials[i].detect = tt.detect(i)
				s.trials[i].outage = tt.detect(i) + 2
			}
			r := s.load(t)
			found := slices.ContainsFunc(r.Result.Findings, func(f Finding) bool { return f.Name == "phases-not-spread" && f.Severity == Doubt })
			if found != tt.found || tt.found != (r.Result.Verdict == Inconclusive) {
				t.Errorf("found %v, want %v; verdict %s, findings %s", found, tt.found, r.Result.Verdict, names(r.Result.Findings))
			}
		})
	}
}

// A supervisor's restart takes its own time, whenever the fault came.
func TestARestartHasNoPhase(t *testing.T) {
	for ended, want := range map[timeline.End]bool{timeline.ByRestart: false, timeline.ByFailover: true} {
		var good []timeline.Failover
		for i := range 10 {
			e := timeline.Episode{EndedBy: ended}
			e.Stages = []timeline.Stage{{Name: timeline.Inject}, {Name: timeline.Restore, At: e.Zero.Add(225*time.Millisecond + time.Duration(i))}}
			good = append(good, timeline.Failover{Broken: e})
		}
		if found := phasesNotSpread(good, 500); (found != "") != want {
			t.Errorf("ended by %s: %q, want a finding: %v", ended, found, want)
		}
	}
}
