package figure

import (
	"math"
	"strings"
	"testing"

	"anylab/reports/timeline"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// A trial that was not restored stands where it was given up, inside the plot,
// however far theory goes.
func TestNotRestoredStandsWhereItWasGivenUp(t *testing.T) {
	in := timers()
	in.Trials[0].Failover.Broken.Outage = timeline.Interval{Value: ms(20_500), Low: ms(20_500), Open: true}
	p := newPlot()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, decadesEnd(in), 0, 1
	p.X.Scale = decades{1}
	var rec recorder.Canvas
	c := draw.NewCanvas(&rec, 500, 100)
	drawTrial(c, p, in.Trials[0], 0.5)
	var right vg.Length
	for _, a := range rec.Actions {
		if f, ok := a.(*recorder.Fill); ok {
			for _, part := range f.Path {
				right = max(right, part.Pos.X)
			}
		}
	}
	where := at(c, p, 20_500, 0.5).X
	if right <= where || right > where+12 || right > 500 {
		t.Errorf("the mark ends at %.0f of 500, want it at %.0f", right, where)
	}
	for _, name := range []string{"comparison", "distribution"} {
		svg := drawn(t, in, name)
		wantAll(t, svg, "not restored within the limit", "not restored, n = 1")
		if strings.Contains(svg, "longer than any value") || strings.Contains(svg, "∞") {
			t.Errorf("%s calls it something else, too", name)
		}
	}
}

// The axis goes on behind a trial that was not restored, so that its mark is
// within the plot.
func TestAxisHasRoomForNotRestored(t *testing.T) {
	in := Input{Trials: manyTrials(3, nil, 100, 10)}
	in.Trials[1].Failover.Broken.Outage = timeline.Interval{Value: ms(20_000), Open: true}
	if end := outageEnd(in); end < 22_000 || end > 30_000 {
		t.Errorf("the axis of a trial that was watched for 20 s ends at %v ms", end)
	}
}

// The results beside the comparison fit their column.
func TestComparedTextsFit(t *testing.T) {
	s := sample{}
	s.sum.N, s.sum.Min, s.sum.Median, s.sum.Max = 100, 1, 99.9, math.Inf(1)
	w := comparisonGap + verdictWidth + writing(smallSize, ink).Width(comparedText(s))
	if column := comparisonColumn([]sample{{}, s}); w > column || column > 200 {
		t.Errorf("%q is %.0f wide, the column %.0f", comparedText(s), w, column)
	}
}
