package figure

import (
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// A breakdown of inconclusive trials says what it is, and what its colours are.
func TestBreakdownWithoutConclusiveTrial(t *testing.T) {
	in := Input{Scenario: "crash", Trials: manyTrials(3, nil, 101, 99)}
	for i := range in.Trials {
		in.Trials[i].Inconclusive = true
	}
	svg := drawn(t, in, "breakdown")
	wantAll(t, svg, "crash: no conclusive trial", "detection<", "withdrawal<", "receipt<", "installation<", "restoration<")
	if strings.Contains(svg, "the legend gives their medians") {
		t.Error("medians are promised, but no trial is conclusive")
	}
	in.Trials[0].Inconclusive = false
	wantAll(t, drawn(t, in, "breakdown"), "crash: detection takes", "detection 101.0 ms")
	for i := range in.Trials {
		in.Trials[i].Failover.Broken.Stages, in.Trials[i].Inconclusive = nil, false
	}
	wantAll(t, drawn(t, in, "breakdown"), "crash: no stage of a failover was seen")
}

// A stage that only the inconclusive trials of a grid's row show is in its legend.
func TestStackedKeysHaveWhatIsDrawn(t *testing.T) {
	row := gridRow{"frr", samplesOf(manyTrials(2, nil, 101, 99))[0]}
	for i := range row.trials {
		row.trials[i].Inconclusive = true
	}
	row.sample = samplesOf(row.trials)[0]
	var labels []string
	for _, k := range stackedKeys([]gridPanel{{"crash", []gridRow{row}}}) {
		labels = append(labels, k.label)
	}
	if got := strings.Join(labels, " "); got != "detection withdrawal receipt installation restoration median outage seen by probes" {
		t.Errorf("keys %q", got)
	}
}

// The text behind the longest bar is not cut off, however long it is.
func TestTextsOfBarsHaveRoom(t *testing.T) {
	trials := manyTrials(2, nil, 2990, 10)
	trials[1].Inconclusive = true
	never := stories()["never"].trial()
	never.Inconclusive = true
	trials = append(trials, never)
	for _, width := range []vg.Length{300, 560, 700} {
		end := roomForTexts(1.16*2993, width, trials)
		for _, trial := range trials {
			right := width*vg.Length(textStart(trial)/end) + textGap + writing(smallSize, muted).Width(barText(trial))
			if right > width {
				t.Errorf("%q ends at %.0f of %.0f", barText(trial), right, width)
			}
		}
	}
	if got := roomForTexts(4000, 700, manyTrials(1, nil, 100, 0)); got != 4000 {
		t.Errorf("the axis of a short bar ends at %v, want 4000", got)
	}
}
