package scenarios

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTrials(t *testing.T) {
	for _, c := range []struct {
		line  string
		set   []string
		want  int
		until *Precision
	}{
		{"", nil, 10, nil},
		{"trials: 7\n", nil, 7, nil},
		{"trials: {max: 50, until: ci95(median(outage)) < 5%}\n", nil, 50,
			&Precision{Text: "ci95(median(outage)) < 5%", Min: 10, Metric: "outage", Share: 0.05}},
		{"trials: {min: 20, max: 50, until: 'ci95( median(detection) ) < 1.5ms'}\n", nil, 50,
			&Precision{Text: "ci95( median(detection) ) < 1.5ms", Min: 20, Metric: "detection", Width: 1.5}},
		{"trials: {max: 50, until: ci95(median(outage)) < 5%}\n", []string{"trials=3"}, 3, nil},
		{"trials: {max: 50, until: ci95(median(outage)) < 5%}\n", []string{"trials.max=60"}, 60,
			&Precision{Text: "ci95(median(outage)) < 5%", Min: 10, Metric: "outage", Share: 0.05}},
	} {
		s := parse(t, small+c.line, c.set...)
		if s.Trials != c.want {
			t.Errorf("%s %q: %d trials, want %d", c.line, c.set, s.Trials, c.want)
		}
		if diff := cmp.Diff(c.until, s.Until); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", c.line, c.set, diff)
		}
	}
}

// Cells may have their own numbers of trials and rules.
func TestTrialsOfCells(t *testing.T) {
	s := parse(t, small+"matrix: [{label: few, trials: 3}, {label: enough, trials: {max: 40, until: ci95(median(switch)) < 10%}}]\n")
	cells, err := s.Cells()
	if err != nil || len(cells) != 2 {
		t.Fatalf("%v, %d cells", err, len(cells))
	}
	if cells[0].Trials != 3 || cells[0].Until != nil || cells[1].Trials != 40 || cells[1].Until == nil || cells[1].Until.Metric != "switch" {
		t.Errorf("%d %v, %d %v", cells[0].Trials, cells[0].Until, cells[1].Trials, cells[1].Until)
	}
}
