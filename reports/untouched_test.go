package reports

import (
	"strings"
	"testing"
)

// A fault on a site that nobody used says nothing of the failover: no number of
// its trials is believed, unless that is what the scenario is about.
func TestFaultsThatTouchNobody(t *testing.T) {
	for name, tt := range map[string]struct {
		elsewhere bool
		expect    string
		verdict   Outcome
		finding   string
	}{
		"one that serves":        {false, "max(outage) < 1s", Pass, ""},
		"one that serves nobody": {true, "max(outage) < 1s", Inconclusive, "a served them, c served nobody"},
		"as it was meant":        {true, "unaffected", Pass, ""},
		"not as it was meant":    {false, "unaffected", Fail, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := crashes(5)
			s.set = []string{"expect=" + tt.expect}
			for i := range s.trials {
				s.trials[i].elsewhere = tt.elsewhere
			}
			r := s.load(t)
			found := ""
			for _, f := range r.Result.Trials[0].Findings {
				if f.Name == "untouched" {
					found = f.Detail
				}
			}
			if r.Result.Verdict != tt.verdict || !strings.Contains(found, tt.finding) || (found == "") != (tt.finding == "") {
				t.Errorf("verdict %s, want %s; found %q, want %q", r.Result.Verdict, tt.verdict, found, tt.finding)
			}
			if got := r.Result.Trials[0].Status; (got == Untouched) != (tt.finding != "") || got == Doubtful {
				t.Errorf("status %s", got)
			}
		})
	}
}
