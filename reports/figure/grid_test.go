package figure

import (
	"slices"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// daemons are cells as the scenario of that name has them.
func daemons() Input {
	in := Input{Scenario: "daemons", LeftOut: []string{"exabgp under frr: silent"}}
	for row, install := range map[string]float64{"frr": 71, "bird": 0.6, "exabgp under frr": 73} {
		for column, detect := range map[string]float64{"carrier loss": 0.3, "silent": 250, "service crash": 150} {
			if column == "silent" && strings.HasPrefix(row, "exabgp") {
				continue
			}
			for i := range 3 {
				s := story{fault: "x", on: []string{"a"}, cell: map[string]string{record.CellLabel: row + ": " + column}, index: i,
					stages: map[timeline.StageName]float64{timeline.Inject: 0, timeline.Detect: detect, timeline.Install: detect + install,
						timeline.Restore: detect + install + 0.3},
					to: detect + install, flows: 4, rate: 1000}
				t := s.trial()
				t.Samples = nil
				in.Trials = append(in.Trials, t)
			}
		}
	}
	return in
}

func TestStagesAreStackedPerRow(t *testing.T) {
	in := daemons()
	panels := gridPanels(in)
	if len(panels) != 3 {
		t.Fatalf("%d panels, want one for each fault", len(panels))
	}
	for _, p := range panels {
		if want := map[string]int{"silent": 2}[p.title]; want != 0 && len(p.rows) != want || want == 0 && len(p.rows) != 3 {
			t.Errorf("%s has %d rows", p.title, len(p.rows))
		}
		for _, r := range p.rows {
			if r.name != "frr" || p.title != "silent" {
				continue
			}
			bars := r.bars()
			if len(bars) != 3 || bars[0].stage != timeline.Detect || bars[0].to != 250 || bars[1].to != 321 {
				t.Errorf("bars of frr, silent: %+v", bars)
			}
			if got := r.text(); got != "321.0 ms cut off" {
				t.Errorf("text %q", got)
			}
		}
	}
	names, err := All(galleryDir(t, "daemons"), in)
	if err != nil || !strings.Contains(strings.Join(names, " "), "stages.png") {
		t.Errorf("%q, %v; want the stages among the figures", names, err)
	}
}

func TestRowsSayWhatUsersSaw(t *testing.T) {
	never := gridRow{sample: samplesOf([]Trial{{}})[0]}
	if got := never.text(); got != "no loss, did not move" {
		t.Errorf("a trial in which nothing happened: %q", got)
	}
	moved := Trial{}
	moved.Failover.Broken.Switch = &timeline.Interval{Value: ms(62)}
	if got := (gridRow{sample: samplesOf([]Trial{moved})[0]}).text(); got != "no loss, moved at 62.0 ms" {
		t.Errorf("a drain: %q", got)
	}
	moved.Inconclusive = true
	if got := (gridRow{sample: samplesOf([]Trial{moved})[0]}).text(); got != "inconclusive" {
		t.Errorf("a trial that can't be trusted: %q", got)
	}
}

func TestOtherLabelsMakeNoGrid(t *testing.T) {
	if p := gridPanels(timers()); p != nil {
		t.Errorf("labels without two parts make %d panels", len(p))
	}
	in := daemons()
	one := Input{Trials: in.Trials[:1], LeftOut: in.LeftOut}
	if p := gridPanels(one); p != nil {
		t.Error("a single cell makes a grid")
	}
}

// Where no other daemon is installed, one row is left of the grid.
func TestOneRowIsLeftOfAGrid(t *testing.T) {
	in := daemons()
	in.Trials = slices.DeleteFunc(in.Trials, func(t Trial) bool {
		return !strings.HasPrefix(t.Failover.Cell[record.CellLabel], "bird: ")
	})
	in.LeftOut = []string{"frr: carrier loss", "exabgp: silent", "frr: silent", "frr: service crash"}
	if p := gridPanels(in); len(p) != 3 || len(p[0].rows) != 1 {
		t.Errorf("panels %+v, want one for each fault", p)
	}
	if got := strings.Join(leftOutRows(in.LeftOut), ", "); got != "frr: 3 cells, exabgp: silent" {
		t.Errorf("left out: %q", got)
	}
	if one := gridPanels(in)[2:]; pairHeight(one, in.LeftOut) < 4*leftOutLine || pairHeight(one, in.LeftOut) <= pairHeight(one, nil) {
		t.Errorf("the list of what was left out has no room beside a panel of %v", pairHeight(one, in.LeftOut))
	}
	in.LeftOut = nil
	if p := gridPanels(in); p != nil {
		t.Error("one row of one makes a grid")
	}
}
