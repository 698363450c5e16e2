package figure

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/reports/timeline"

	"github.com/google/go-cmp/cmp"
)

// drawn returns the SVG of one figure.
func drawn(t *testing.T, in Input, name string) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := All(dir, in); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "figures", name+".svg"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func wantAll(t *testing.T, svg string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(svg, ">"+p) {
			t.Errorf("no text starts with %q", p)
		}
	}
}

func TestTimelineSaysWhatIsSeen(t *testing.T) {
	svg := drawn(t, Input{Scenario: "crash", Trials: []Trial{stories()["200ms"].trial()}}, "timeline")
	wantAll(t, svg, "service-crash on a: 213.0 ms outage, detection took 98 %", "answered by a", "answered by b", "lost",
		"fault in effect", "fault", "detect 209.0 ms", "withdraw 209.6 ms", "receive 210.0 ms", "install 211.8 ms", "restore 213.0 ms",
		"after healing: 3.0 ms outage", "healed", "announce", "london-dns", "16 flows", "ms since the fault", "ms since healing")
	if strings.Contains(svg, "answered by c") {
		t.Error("the legend names a node that answered nothing")
	}
}

func TestTimelineTitles(t *testing.T) {
	want := map[string]string{
		"2ms":       "link-down on upstream–a: 2.0 ms outage, installation took 37 %",
		"3s":        "blackhole on upstream–a: 2640 ms outage, detection took over 99 %",
		"none":      "withdraw on a: no outage",
		"quiet":     "no fault: no outage",
		"ecmp":      "link-down on upstream–a: 60.0 ms outage on 16 of 48 flows, detection took 82 %",
		"never":     "service-hang on a: not restored within 8512 ms",
		"blackhole": "service-crash on a: 3010 ms outage, until healing",
	}
	for name, title := range want {
		if got := timelineTitle(stories()[name].trial().Failover); got != title {
			t.Errorf("%s: %q, want %q", name, got, title)
		}
	}
}

func TestOtherFiguresSayWhatIsSeen(t *testing.T) {
	in := Input{Scenario: "timers", Limits: []Limit{{"p95(outage) < 1s", 1000}},
		Trials: append(manyTrials(8, map[string]string{"bfd": "50ms"}, 100, 50), manyTrials(8, map[string]string{"bfd": "10ms"}, 20, 10)...)}
	wantAll(t, drawn(t, in, "distribution"), "bfd=50ms", "bfd=10ms", "p95(outage) &lt; 1s", "theory", "outage<", "100 ms<", "1 s<", "timers: median outage from")
	wantAll(t, drawn(t, in, "breakdown"), "bfd=50ms  #1", "bfd=10ms  #8", "detection", "restoration", "theory", "timers: detection takes 8")
}

func TestPicturesAreDeterministicAndReadable(t *testing.T) {
	in := Input{Scenario: "crash", Trials: []Trial{stories()["ecmp"].trial()}}
	a, b := t.TempDir(), t.TempDir()
	names, err := All(a, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := All(b, in); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs between two drawings of the same input (%v, %v)", name, errX, errY)
		}
		if strings.HasSuffix(name, ".png") {
			if _, err := png.Decode(bytes.NewReader(x)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	dir := t.TempDir()
	names, err := All(dir, Input{Scenario: "empty"})
	if err != nil || len(names) != 0 {
		t.Errorf("%q, %v; want no figure and no error", names, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%d files written for nothing", len(entries))
	}
}

func TestSparseInputIsDrawn(t *testing.T) {
	lone := record.Sample{Sent: 7, Received: 9, Node: "a"}
	odd := &record.Bounds{Low: math.Inf(-1), High: math.NaN()}
	inputs := map[string]Input{
		"zero trial":          {Trials: []Trial{{}}},
		"zero group":          {Trials: []Trial{{Samples: []Group{{}}}}},
		"one sample":          {Trials: []Trial{{Samples: []Group{{Samples: []record.Sample{lone}}}}}},
		"all inconclusive":    {Trials: []Trial{{Inconclusive: true}, {Inconclusive: true}}},
		"boundless theory":    {Trials: []Trial{{Theory: odd}}, Limits: []Limit{{"x", math.NaN()}, {"y", math.Inf(1)}}},
		"never, nothing lost": {Trials: []Trial{{Failover: timeline.Failover{Broken: timeline.Episode{Outage: timeline.Interval{Open: true}}}}}},
		"hour-long outage":    {Trials: []Trial{{Failover: timeline.Failover{Broken: timeline.Episode{Outage: timeline.Interval{Value: time.Hour}}}}}},
	}
	for name, in := range inputs {
		t.Run(name, func(t *testing.T) {
			if _, err := All(t.TempDir(), in); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAllFailsWhereItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := All(file, Input{Trials: []Trial{{}}}); err == nil {
		t.Error("no error for a directory that is a file")
	}
}

func TestTimelineNames(t *testing.T) {
	one, two := stories()["2ms"], stories()["2ms"]
	one.cell, two.cell, two.index = map[string]string{"daemon": "frr/8"}, map[string]string{"daemon": "bird"}, 3
	names, err := All(t.TempDir(), Input{Trials: []Trial{one.trial(), two.trial()}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"figures/timeline-daemon-frr-8-trial-1.svg", "figures/timeline-daemon-frr-8-trial-1.png",
		"figures/timeline-daemon-bird-trial-4.svg", "figures/timeline-daemon-bird-trial-4.png",
		"figures/breakdown.svg", "figures/breakdown.png", "figures/distribution.svg", "figures/distribution.png",
		"figures/comparison.svg", "figures/comparison.png"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestTypical(t *testing.T) {
	trials := manyTrials(3, nil, 100, 0)
	for i, v := range []float64{30, 10, 20} {
		trials[i].Failover.Broken.Outage = timeline.Interval{Value: ms(v)}
	}
	if got := Typical(trials); got != 2 {
		t.Errorf("Typical = %d, want the trial of 20 ms", got)
	}
	trials[2].Inconclusive = true
	if got := Typical(trials); got != 1 {
		t.Errorf("Typical = %d, want the lower of the two conclusive trials", got)
	}
	if got := Typical(nil); got != -1 {
		t.Errorf("Typical of nothing = %d, want -1", got)
	}
}

// Every text states its length: without the fonts that it was measured with,
// a viewer would draw it over what stands beside it.
func TestTextsKeepTheirLength(t *testing.T) {
	svg := drawn(t, Input{Scenario: "crash & burn", Trials: []Trial{stories()["200ms"].trial()}}, "breakdown")
	texts, lengths := strings.Count(svg, "</text>"), strings.Count(svg, ` textLength="`)
	if texts == 0 || lengths != texts {
		t.Errorf("%d of %d texts state their length", lengths, texts)
	}
	if strings.Contains(svg, `textLength="0.0"`) {
		t.Error("a text without length")
	}
}
