package reports

import (
	"strings"
	"testing"

	"anylab/lab/record"
)

// A floor that nothing was measured of has no row, and no table of its own.
func TestFloorsWithoutConclusiveTrialsAreLeftOut(t *testing.T) {
	for _, doubtful := range []bool{false, true} {
		s := crashes(1)
		s.floor = &record.Floor{Daemon: "gobgp", After: "withdrawal", Bounds: record.Bounds{High: 50, Why: "frr batches"}}
		s.trials[0].lossBefore = doubtful
		r := s.load(t)
		if len(r.Result.Floors) != 1 {
			t.Fatalf("result.json has the floors %+v, want one", r.Result.Floors)
		}
		for name, format := range map[string]Format{"table": Table, "markdown": Markdown, "html": HTML} {
			var b strings.Builder
			if err := format(&b, r); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(b.String(), "Floors: from what"); got == doubtful {
				t.Errorf("%s, inconclusive %v: floors %v", name, doubtful, got)
			}
		}
	}
}

func TestAnswersText(t *testing.T) {
	for _, c := range []struct {
		fault string
		by    Answers
		want  string
	}{
		{"service-crash", Answers{Before: "a", After: "b", Healed: "a"}, "a > b > a"},
		{"service-crash", Answers{After: "b", Healed: "a"}, "? > b > a"},
		{"service-crash", Answers{Before: "a"}, "a"},
		{"", Answers{Before: "a", After: "a"}, "a"},
		{"service-crash", Answers{}, ""},
		{"link-flap", Answers{"a", []string{"b", "", "c"}, "a", "a"}, "a > b > nobody > c > a > a"},
		{"link-flap", Answers{"a", []string{"b", "a", "b", "a", "b", "a"}, "b", "a"}, "a > b > a > b > a > b > a > b > a"},
		{"link-flap", Answers{"a", []string{"b", "a", "b", "a", "b", "a", "b"}, "a", "a"}, "a > b > a > b > a > b > 2 more > a > a"},
	} {
		if got := answersText(Trial{Fault: c.fault, AnsweredBy: c.by}); got != c.want {
			t.Errorf("%+v: %q, want %q", c.by, got, c.want)
		}
	}
}
