package reports

import (
	"bytes"
	"strings"
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
	"anylab/scenarios"
)

// claimed3 is the run of three cells with a claim, and expectations of their
// own.
func claimed3(expect string) story {
	s := compared()
	s.set = append(s.set, "claim=[max(outage) < 1s, median(outage) < 1s]", "limit=20s",
		"matrix=[{label: slow, expect: [max(outage) > 1s]}, {label: fast}, {label: dead, expect: ["+expect+"]}]",
		"expect=[max(outage) < 1s]")
	return s
}

func TestClaims(t *testing.T) {
	r := claimed3("rerouted == 0").load(t)
	var got []string
	for _, v := range r.Result.Claims {
		got = append(got, strings.Join(texts(claimed(v)), "|"))
	}
	want := []string{
		"max(outage) < 1s|slow|1400 ms|3|no",
		"median(outage) < 1s|slow|135.0 ms|3|yes",
		"max(outage) < 1s|fast|170.0 ms|3|yes; it may fail in up to 63 % of cases",
		"median(outage) < 1s|fast|155.0 ms|3|yes",
		"max(outage) < 1s|dead|not restored within 20.0 s|3|no",
		"median(outage) < 1s|dead|180.0 ms|3|yes",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for name, format := range map[string]Format{"table": Table, "markdown": Markdown, "html": HTML} {
		var b bytes.Buffer
		if err := format(&b, r); err != nil || !strings.Contains(b.String(), "does it hold?") || !strings.Contains(b.String(), "not restored within 20.0 s") {
			t.Errorf("%s: %v, or it has no claims:\n%s", name, err, b.String())
		}
	}
}

// A claim that does not hold fails nothing; an expectation of one cell does.
func TestCellsHaveExpectationsOfTheirOwn(t *testing.T) {
	if r := claimed3("max(outage) > 1900ms").load(t); r.Result.Verdict != Pass {
		t.Errorf("verdict %s: %+v", r.Result.Verdict, r.Result.Verdicts)
	}
	r := claimed3("max(outage) < 1s").load(t)
	if r.Result.Verdict != Fail {
		t.Errorf("verdict %s: %+v", r.Result.Verdict, r.Result.Verdicts)
	}
	for _, v := range r.Result.Verdicts {
		if v.OK == (v.Cell[record.CellLabel] == "dead") {
			t.Errorf("%+v", v)
		}
	}
}

func TestExpectationsAboutPlaces(t *testing.T) {
	state := func(node string, when record.When, what record.What, nodes ...string) timeline.State {
		return timeline.State{Node: node, State: record.State{When: when, What: what, Nodes: nodes}}
	}
	one := timeline.Failover{States: []timeline.State{
		state("upstream", record.Before, record.BestPath, "a"), state("upstream", record.After, record.BestPath, "b"),
		state("upstream", record.Healed, record.BestPath, "a"), state("london", record.Before, record.Catchment, "a", "b"),
		state("london", record.After, record.Catchment), state("paris", record.After, record.Catchment, "c"),
	}}
	other := timeline.Failover{States: []timeline.State{
		state("upstream", record.Before, record.BestPath, "a"), state("upstream", record.After, record.BestPath, "c"),
	}}
	for _, tt := range []struct {
		expect string
		trials []timeline.Failover
		ok     bool
		value  string
	}{
		{"best_path(upstream) == a", []timeline.Failover{one, other}, true, "a"},
		{"best_path(upstream) == b", []timeline.Failover{one, other}, false, "a"},
		{"best_path(upstream) != b", []timeline.Failover{one}, true, "a"},
		{"best_path_after(upstream) == b", []timeline.Failover{one}, true, "b"},
		{"best_path_after(upstream) == b", []timeline.Failover{one, other}, false, "c"},
		{"best_path_after(upstream) != b", []timeline.Failover{other, one}, false, "b"},
		{"best_path_healed(upstream) == a", []timeline.Failover{one, other}, true, "a"}, // seen in one of them
		{"best_path_after(west) == a", []timeline.Failover{one}, false, "not observed"},
		{"best_path_after(west) != a", []timeline.Failover{one}, false, "not observed"},
		{"catchment(london) == b+a", []timeline.Failover{one}, true, "a+b"},
		{"catchment(london) == a", []timeline.Failover{one}, false, "a+b"},
		{"catchment_after(london) == none", []timeline.Failover{one}, true, "none"},
		{"catchment_after(paris) == none", []timeline.Failover{one}, false, "c"},
		{"catchment_after(paris) == c", nil, false, notJudged},
	} {
		e, err := scenarios.ParseExpectation(tt.expect)
		if err != nil {
			t.Fatal(err)
		}
		if v := evaluate(e, tt.trials); v.OK != tt.ok || v.Value != tt.value {
			t.Errorf("%s: %v, %q, want %v, %q", tt.expect, v.OK, v.Value, tt.ok, tt.value)
		}
	}
}

// TestStatesBelongToTrialsByName: they are looked at before a trial begins and
// after it ends.
func TestStatesBelongToTrialsByName(t *testing.T) {
	s := crashes(2)
	s.set = append(s.set, "expect=[best_path_after(upstream) == b]")
	s.extra = func(d *record.Dir) {
		for i, node := range []string{"b", "c"} {
			d.Emit(record.Event{At: at(1), Kind: record.KindState, Node: "upstream",
				Data: record.State{Index: i, When: record.After, What: record.BestPath, Nodes: []string{node}}})
		}
	}
	v := s.load(t).Result.Verdicts
	if len(v) != 1 || v[0].OK || v[0].Value != "c" || v[0].N != 2 {
		t.Errorf("got %+v", v)
	}
}
