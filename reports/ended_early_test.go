package reports

import (
	"slices"
	"testing"
)

// A run that an error ended can't be trusted, however few trials are missing.
func TestRunThatEndedEarlyIsInconclusive(t *testing.T) {
	for outcome, early := range map[string]bool{
		"completed": false, "": false, "interrupted": false, "trial 10: the lab did not settle": true,
	} {
		s := crashes(9)
		s.planned, s.outcome = 10, outcome
		if outcome == "completed" {
			s.planned = 9
		}
		r := s.load(t)
		found := slices.Contains(r.Result.Findings, Finding{"ended-early", Doubt, outcome})
		want := Pass
		if early {
			want = Inconclusive
		}
		if found != early || r.Result.Verdict != want {
			t.Errorf("outcome %q: verdict %s, ended-early %v; want %s, %v", outcome, r.Result.Verdict, found, want, early)
		}
	}
}
