package figure

import (
	"testing"

	"anylab/lab/record"

	"github.com/google/go-cmp/cmp"
)

func TestRowMergesLikeAnswers(t *testing.T) {
	sample := func(at float64, node string) record.Sample {
		s := record.Sample{Seq: uint64(at + 100), Sent: zero.Add(ms(at)), Node: node}
		if node != "" {
			s.Received = s.Sent + 1
		}
		return s
	}
	f := flow{interval: ms(1)}
	for _, at := range []float64{-2, -1} {
		f.samples = append(f.samples, sample(at, "a"))
	}
	for _, at := range []float64{0, 1, 2} {
		f.samples = append(f.samples, sample(at, ""))
	}
	f.samples = append(f.samples, sample(3, "b"), sample(9, "b")) // the sender paused
	got := rowOf([]flow{f}, zero, span{-1.5, 220})                // a strong band is at most 1.007 ms wide
	a, lost, b := answer{"a", false}, answer{"", true}, answer{"b", false}
	want := []band{{a, span{-1.5, 0}, false}, {lost, span{0, 3}, false}, {b, span{3, 4}, false}, {b, span{9, 10}, false}}
	opt := cmp.AllowUnexported(band{}, answer{}, span{})
	if diff := cmp.Diff(want, got.bands, opt, cmp.Comparer(near)); diff != "" {
		t.Errorf("bands (-want +got):\n%s", diff)
	}
}

func near(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 }

func TestRowsOf(t *testing.T) {
	tests := []struct {
		story string
		to    float64 // of the window
		want  int     // rows
	}{
		{"200ms", 300, 16}, // one row a flow
		{"2ms", 10, 1},     // too short for the interval of one flow: all together
		{"ecmp", 90, 3},    // by fate: moved from a to b, stayed on b, stayed on c
		{"many", 300, 3},   // too many flows
		{"single", 50, 1},
	}
	for _, tt := range tests {
		trial := stories()[tt.story].trial()
		rows := rowsOf(trial.Samples, zero, span{-0.2 * tt.to, tt.to})
		if len(rows) != tt.want {
			t.Errorf("%s: %d rows, want %d", tt.story, len(rows), tt.want)
		}
		flows := 0
		for _, r := range rows {
			flows += r.flows
		}
		if want := stories()[tt.story].flows; flows != want {
			t.Errorf("%s: %d flows in all rows, want %d", tt.story, flows, want)
		}
	}
}

func TestRowsIgnoreDuplicates(t *testing.T) {
	s := record.Sample{Seq: 1, Sent: zero, Received: zero + 5, Node: "a"}
	again := s
	again.Received, again.Node = zero+9, "b"
	g := Group{Probe: record.ProbeGroup{Name: "g", Rate: 10, Flows: 1}, Samples: []record.Sample{again, s}}
	rows := rowsOf([]Group{g}, zero, span{-1, 1000})
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	for _, b := range rows[0].bands {
		if b.node != "a" {
			t.Errorf("a band of %q: a duplicate must not count", b.node)
		}
	}
}
