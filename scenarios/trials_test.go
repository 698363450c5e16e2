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

// The number that a user gives wins over the cells' own, however they are written.
func TestWithTrials(t *testing.T) {
	for _, matrix := range []string{
		"",
		"trials: {min: 8, max: 40, until: ci95(median(outage)) < 5%}\n",
		"matrix: {sustain: [1s, 2s]}\n",
		"matrix: {sustain: [1s, 2s], trials: [4, 5]}\n",
		"matrix: [{label: few, trials: 3}, {label: usual}, {label: enough, trials: {max: 40, until: ci95(median(switch)) < 10%}}]\n",
	} {
		before := parse(t, small+matrix)
		s, err := before.WithTrials(7)
		if err != nil {
			t.Errorf("%s: %v", matrix, err)
			continue
		}
		for _, stored := range []bool{false, true} {
			if stored {
				s = parse(t, s.Source.String())
			}
			cells, err := s.Cells()
			if err != nil || len(cells) == 0 {
				t.Errorf("%s: %d cells, %v", matrix, len(cells), err)
			}
			for _, c := range cells {
				if c.Trials != 7 || c.Until != nil {
					t.Errorf("%s stored %v: cell %v has %d trials %v", matrix, stored, c.Cell, c.Trials, c.Until)
				}
			}
		}
		if again := parse(t, small+matrix); before.Source.String() != again.Source.String() {
			t.Errorf("%s: the scenario itself was changed", matrix)
		}
	}
	if _, err := parse(t, small).WithTrials(0); err == nil {
		t.Error("no trials are accepted")
	}
}
