package reports

import (
	"fmt"
	"testing"
)

// A detail is shown as that of its own trial, not as that of all.
func TestFindingsNameTheTrialOfTheirDetail(t *testing.T) {
	for _, c := range []struct {
		details []string // of a trial each; empty: it has none
		want    string
	}{
		{[]string{"16 ms", "", ""}, "trial 1: 16 ms"},
		{[]string{"", "16 ms", "40 ms"}, "trial 2, also 3: 16 ms"},
		{[]string{"16 ms", "40 ms", "40 ms"}, "trial 1, also 2, 3: 16 ms"},
		{[]string{"no PSI", "", "no PSI"}, "trial 1, 3: no PSI"},
		{[]string{"1", "2", "3", "4", "5", "6"}, "trial 1, also 5 others: 1"},
		{[]string{"1", "1", "1", "1", "1", "1"}, "6 trials, first 1: 1"},
	} {
		var r Report
		for i, detail := range c.details {
			trial := Trial{Index: i}
			if detail != "" {
				trial.Findings = []Finding{{"delayed", Doubt, detail}}
			}
			r.Result.Trials = append(r.Result.Trials, trial)
		}
		list := r.findings()
		if len(list) != 1 {
			t.Fatalf("%q: %d findings, want 1", c.details, len(list))
		}
		if got := fmt.Sprintf("%s: %s", list[0].Where, list[0].Detail); got != c.want {
			t.Errorf("%q: %q, want %q", c.details, got, c.want)
		}
	}
}
