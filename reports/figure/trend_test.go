package figure

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"anylab/reports/words"
)

// history returns n runs around each of the levels.
func history(n int, levels ...float64) Series {
	var s Series
	for i, level := range levels {
		if i > 0 {
			s.Changes = append(s.Changes, Change{len(s.Points), fmt.Sprintf("%s to %s", words.Milliseconds(levels[i-1]), words.Milliseconds(level))})
		}
		for j := range n {
			m := level * (1 + 0.02*float64(j*7%5-2))
			s.Points = append(s.Points, Point{Label: fmt.Sprintf("Jan %d", len(s.Points)+1), Median: m, Low: 0.94 * m, High: 1.07 * m})
		}
	}
	return s
}

func TestTrend(t *testing.T) {
	one := history(9, 120, 150, 118)
	one.Points[4].Doubtful = true
	one.Points[12].Median, one.Points[12].High = math.Inf(1), math.Inf(1)
	one.Points[20].Median = math.NaN()
	fast, slow := history(6, 30), history(6, 130)
	fast.Cell, slow.Cell = "bfd.interval=10ms", "bfd.interval=50ms"
	for name, h := range map[string]History{
		"trend-one":  {"service-crash", "outage", []Series{one}, 8},
		"trend-two":  {"silent-drop", "detection", []Series{fast, slow}, 6},
		"trend-many": {"drain", "switch", []Series{history(60, 3, 4.5)}, 8},
		"trend-none": {"drain", "outage", []Series{history(1, 0)}, 8},
	} {
		dir := galleryDir(t, name)
		files, err := SaveTrend(dir, h)
		if err != nil || len(files) != 2 {
			t.Fatalf("%s: %q, %v; want one figure in two formats", name, files, err)
		}
		svg, err := os.ReadFile(filepath.Join(dir, "trend.svg"))
		if err != nil {
			t.Fatal(err)
		}
		wants := map[string][]string{
			"trend-one":  {"service-crash: outage over 27 runs, 2 changes", "120.0 ms to 150.0 ms", "too few conclusive trials", "Jan 1", "outage, ms"},
			"trend-two":  {"silent-drop: detection over 6 runs, no change", "bfd.interval=10ms", "bfd.interval=50ms"},
			"trend-many": {"drain: switch over 120 runs, one change", "3.0 ms to 4.5 ms"},
			"trend-none": {"drain: outage over 1 run, too few for a change to show"},
		}
		wantAll(t, string(svg), wants[name]...)
	}
	if files, err := SaveTrend(t.TempDir(), History{}); err != nil || files != nil {
		t.Errorf("%q, %v; want no figure of nothing", files, err)
	}
}

// The median of a run with so few trials that it has no interval is within the
// axis, and is not drawn as one that was not restored.
func TestTrendOfOneRun(t *testing.T) {
	few := Series{Points: []Point{{Label: "Jan 1", Median: 157, Low: math.Inf(-1), High: math.Inf(1), Doubtful: true}}}
	if top := few.top(); top < 157 || top > 200 {
		t.Errorf("the axis of a median of 157 ms ends at %v", top)
	}
	never := Series{Points: []Point{{Median: math.Inf(1), Low: math.Inf(1), High: math.Inf(1), Doubtful: true}}}
	for _, c := range []struct {
		s    Series
		want string
	}{{few, "[too few conclusive trials]"}, {never, "[mostly not restored]"}} {
		var labels []string
		for _, k := range trendKeys(History{Series: []Series{c.s}}) {
			labels = append(labels, k.label)
		}
		if got := fmt.Sprint(labels); got != c.want {
			t.Errorf("keys %s, want %s", got, c.want)
		}
	}
	if _, err := SaveTrend(galleryDir(t, "trend-one-run"), History{"service-crash", "outage", []Series{few}, 8}); err != nil {
		t.Error(err)
	}
}
