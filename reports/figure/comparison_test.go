package figure

import (
	"image/color"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// timers are cells as the scenario of that name has them, on a quiet machine.
func timers() Input {
	in := Input{Scenario: "timers"}
	add := func(label string, n int, low, high, later float64) {
		cell := map[string]string{record.CellLabel: label}
		trials := manyTrials(n, cell, low+later, (high-low)*0.98)
		for i := range trials {
			trials[i].Theory = &record.Bounds{Low: low, High: high}
		}
		in.Trials = append(in.Trials, trials...)
	}
	add("hold 180 s, keepalive 60 s", 1, 120_000, 180_000, 31_000)
	add("hold 9 s, keepalive 3 s", 3, 6000, 9000, 1)
	add("hold 3 s, keepalive 1 s", 6, 2000, 3000, 1)
	add("BFD 300 ms x 3", 10, 600, 900, 1)
	add("BFD 100 ms x 3", 10, 200, 300, 1)
	add("BFD 50 ms x 3", 10, 100, 150, 1)
	add("BFD 20 ms x 3", 10, 40, 60, 1)
	add("BFD 10 ms x 3", 10, 20, 30, 1)
	add("health check each 1 s", 10, 1000, 2000, 1)
	add("health check each 100 ms", 10, 100, 200, 1)
	add("process watch", 10, 0, 1, 0.5)
	return in
}

func TestComparison(t *testing.T) {
	in := timers()
	in.Trials[5].Inconclusive = true
	in.Trials[8].Failover.Broken.Outage = timeline.Interval{Value: ms(30_000), Low: ms(30_000), Open: true}
	names, err := All(galleryDir(t, "timers"), in)
	if err != nil || len(names) != 6 || !strings.Contains(strings.Join(names, " "), "comparison.png") {
		t.Fatalf("%q, %v; want three figures, one of them the comparison", names, err)
	}
	samples := samplesOf(timers().Trials)
	if got := comparisonTitle(in, samples); got != "timers: 7 of 11 keep every outage below one second" {
		t.Errorf("title %q", got)
	}
	unclear := timers()
	unclear.Unclear = []string{samplesOf(unclear.Trials)[10].name}
	if got := comparisonTitle(unclear, comparedOf(unclear)); got != "timers: 6 of 11 keep every outage below one second" {
		t.Errorf("title %q where the bounds of one cell leave it open", got)
	}
	open := samplesOf(in.Trials)[2]
	if got := comparedText(open); !strings.Contains(got, "not restored") {
		t.Errorf("a cell with a trial that was not restored says %q", got)
	}
	for _, c := range []struct {
		s    sample
		want string
	}{{sample{}, "no conclusive trial"}, {samplesOf([]Trial{{}})[0], "no outage, n = 1"}} {
		if got := comparedText(c.s); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestDecades(t *testing.T) {
	var labels []string
	for _, tick := range (decades{1}).Ticks(0, 100_000) {
		if tick.Label != "" {
			labels = append(labels, tick.Label)
		}
	}
	if got := strings.Join(labels, ", "); got != "0, 1 ms, 10 ms, 100 ms, 1 s, 10 s, 100 s" {
		t.Errorf("labels %s", got)
	}
	if a, b := (decades{1}).Normalize(0, 1000, 10), (decades{1}).Normalize(0, 1000, 100); !(0 < a && a < b && b < 1) {
		t.Errorf("10 and 100 of 1000 stand at %v and %v", a, b)
	}
}

// The axis of the distribution is written like that of the comparison, and has
// a tick for every decade in which there is a dot.
func TestDistributionHasEveryDecade(t *testing.T) {
	in := Input{Scenario: "timers", Trials: manyTrials(3, nil, 157, 0)}
	slow := manyTrials(3, map[string]string{"bfd": "off"}, 120_000, 0)
	in.Trials = append(in.Trials, slow...)
	p := newPlot()
	p.X.Max = outageEnd(in)
	scaleOutage(p, in)
	var labels []string
	for _, tick := range p.X.Tick.Marker.Ticks(0, p.X.Max) {
		if tick.Label != "" {
			labels = append(labels, tick.Label)
		}
	}
	if got := strings.Join(labels, ", "); got != "0, 100 ms, 1 s, 10 s, 100 s" || p.X.Label.Text != "outage" {
		t.Errorf("labels %s of %q", got, p.X.Label.Text)
	}
	p.X.Max = 200
	scaleOutage(p, Input{Trials: in.Trials[:3]})
	if _, ok := p.X.Tick.Marker.(linearTicks); !ok {
		t.Error("outages of about 157 ms are on an axis of decades")
	}
}

// A yes of so few trials that most cases may be otherwise is grey, and the title
// says of how many cells it speaks.
func TestFewTrialsAreNoGreenYes(t *testing.T) {
	for n, want := range map[int]bool{0: true, 1: true, 4: true, 5: false, 30: false} {
		if got := Vague(n); got != want {
			t.Errorf("%d trials are vague: %v, want %v", n, got, want)
		}
	}
	yes := func(n int) color.Color {
		in := Input{Trials: manyTrials(n, nil, 100, 10)}
		p := newPlot()
		p.X.Max = 2000
		var rec recorder.Canvas
		drawCompared(draw.NewCanvas(&rec, 500, 100), p, samplesOf(in.Trials)[0], 0)
		var last color.Color
		for _, a := range rec.Actions {
			switch a := a.(type) {
			case *recorder.SetColor:
				last = a.Color
			case *recorder.FillString:
				if a.String == "yes" {
					return last
				}
			}
		}
		return nil
	}
	if a, b := yes(1), yes(10); a != muted || b != green {
		t.Errorf("one trial is %v, ten are %v; want grey and green", a, b)
	}
	in := timers()
	for i := range 4 {
		in.Trials[i].Inconclusive = true
	}
	svg := drawn(t, in, "comparison")
	wantAll(t, svg, "timers: 7 of 9 cells judged (of 11) keep every outage below one second")
	if strings.Contains(svg, "grey yes") {
		t.Error("grey is explained, but there is none")
	}
	text := comparisonSubtitle(samplesOf(manyTrials(1, nil, 100, 10)))
	if w := writing(smallSize, muted).Width(text); !strings.Contains(text, "grey yes") || w > width-2*margin {
		t.Errorf("%q is %.0f of %.0f wide", text, w, width-2*margin)
	}
}

// The wait of who takes over is part of what theory says of an outage, in every figure.
func TestTakeoverIsPartOfTheory(t *testing.T) {
	own := Trial{Theory: &record.Bounds{Low: 100, High: 200}, Takeover: &record.Bounds{Low: 600, High: 610}}
	plain := Trial{Theory: &record.Bounds{Low: 50, High: 60}}
	if b := theoryOf([]Trial{own}); b == nil || b.Low != 700 || b.High != 810 {
		t.Errorf("theory of the outage is %+v, want 700 to 810 ms", b)
	}
	if b := theoryOf([]Trial{own, plain}); b == nil || b.Low != 50 || b.High != 810 {
		t.Errorf("theory of both is %+v, want 50 to 810 ms", b)
	}
	trials := manyTrials(1, nil, 100, 10)
	trials[0].Takeover = own.Takeover
	text := comparisonSubtitle(samplesOf(trials))
	if w := writing(smallSize, muted).Width(text); !strings.Contains(text, "detection or takeover") || w > width-2*margin {
		t.Errorf("%q is %.0f of %.0f wide", text, w, width-2*margin)
	}
}
