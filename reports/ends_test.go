package reports

import (
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/scenarios"
)

// A floor agrees, or doesn't, only if it does at both ends of the median.
func TestFloorsAreJudgedAtBothEnds(t *testing.T) {
	var known record.Floor
	known.Low, known.High = 10, 20
	for _, c := range []struct {
		median bounded
		want   verdict
	}{
		{bounded{15, 12, 18}, yes},
		{bounded{15, 1, 18}, undecided},
		{bounded{30, 15, 31}, undecided},
		{bounded{30, 25, 31}, no},
		{bounded{2, 1, 3}, no},
	} {
		if got := inRange(c.median, known); got != c.want {
			t.Errorf("%v in 10 to 20 ms: %v, want %v", c.median, got, c.want)
		}
	}
}

// Trials whose values agree do not determine a median any better than their
// bounds do.
func TestPrecisionIsThatOfTheBounds(t *testing.T) {
	rule := record.Precision{Text: "ci95(median(outage)) < 5%", Min: 6, Metric: "outage", Share: 0.05}
	c := Cell{Trials: 10, Values: map[string][]Number{}, Low: map[string][]Number{}, High: map[string][]Number{}}
	for range 10 {
		c.Values["outage"] = append(c.Values["outage"], 100)
	}
	if enough, why := precise(c, rule); !enough {
		t.Errorf("not enough: %s", why)
	}
	for range 10 {
		c.Low["outage"], c.High["outage"] = append(c.Low["outage"], 80), append(c.High["outage"], 101)
	}
	if enough, why := precise(c, rule); enough {
		t.Errorf("enough though any of them may be 80 ms: %s", why)
	}
}

// A trial that a repair ended may have lasted for as long as that, or longer.
func TestRepairedTrialsAreJudgedAtBothEnds(t *testing.T) {
	f := sound()
	f.Broken.Outage = timeline.Interval{Value: 137 * ms, Low: 136 * ms, Open: true}
	f.Broken.Restored, f.Broken.EndedBy = false, timeline.ByRepair
	for text, want := range map[string]verdict{"max(outage) < 1s": undecided, "max(outage) < 100ms": no, "min(outage) > 100ms": yes, "median(outage) < 1s": undecided} {
		v := evaluate(parsed(t, text), []timeline.Failover{f, f})
		if got := map[bool]verdict{true: yes, false: no}[v.OK]; v.Decides != "" && want != undecided || v.Decides == "" && got != want {
			t.Errorf("%s: %+v, want %v", text, v, want)
		}
	}
}

func TestFailbackThatDoesNotComeBack(t *testing.T) {
	f := sound()
	f.Before.AnsweredBy = map[string]string{"p": "a"}
	f.Broken.AnsweredBy = map[string]string{"p": "b"}
	for healed, want := range map[string]bool{"a": true, "b": false} {
		f.Mended.AnsweredBy = map[string]string{"p": healed}
		one := newTrial(&f, nil, nil)
		text := map[bool]string{true: "a > b > a", false: "a > b > b, failback: no"}[want]
		if *one.Failback.Restored != want || answersText(one) != text {
			t.Errorf("healed by %s: restored %v, %q", healed, *one.Failback.Restored, answersText(one))
		}
	}
	f.States = []timeline.State{
		{Node: "london", State: record.State{What: record.Catchment, When: record.Before, Nodes: []string{"a", "b"}}},
		{Node: "london", State: record.State{What: record.Catchment, When: record.Healed, Nodes: []string{"a", "b"}}},
	}
	if one := newTrial(&f, nil, nil); !*one.Failback.Restored {
		t.Error("the same sites answer as before, and more of them than that says by whom most was answered")
	}
}

func parsed(t *testing.T, text string) record.Expectation {
	t.Helper()
	e, err := scenarios.ParseExpectation(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
