package figure

import (
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
	panels := gridPanels(in.Trials)
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
			if got := r.text(); got != "321 ms cut off" {
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
	if got := (gridRow{sample: samplesOf([]Trial{moved})[0]}).text(); got != "no loss, moved at 62 ms" {
		t.Errorf("a drain: %q", got)
	}
	moved.Inconclusive = true
	if got := (gridRow{sample: samplesOf([]Trial{moved})[0]}).text(); got != "inconclusive" {
		t.Errorf("a trial that can't be trusted: %q", got)
	}
}

func TestOtherLabelsMakeNoGrid(t *testing.T) {
	if p := gridPanels(timers().Trials); p != nil {
		t.Errorf("labels without two parts make %d panels", len(p))
	}
	in := daemons()
	one := in.Trials[:1]
	if p := gridPanels(one); p != nil {
		t.Error("a single cell makes a grid")
	}
}
