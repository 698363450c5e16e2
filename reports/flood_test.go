package reports

import (
	"testing"

	"anylab/lab/record"
	"anylab/reports/timeline"
)

// Of what a fault sent, the report says what share came to which site.
func TestFloodsAreShared(t *testing.T) {
	p := cellReport{topology: record.Topology{Nodes: []record.Node{{Name: "a", Role: record.AnycastNode}, {Name: "b", Role: record.AnycastNode}}}}
	if p.good = []timeline.Failover{{Faults: []timeline.Steps{{Kind: "withdraw"}}}}; p.floods() != nil {
		t.Error("a fault that sends nothing has a flood")
	}
	p.good[0].Faults = append(p.good[0].Faults, timeline.Steps{Kind: "flood", On: []string{"tokyo"},
		Traffic: record.Traffic{Sent: 1000, Reached: map[string]uint64{"b": 400}}})
	list := p.floods()
	if len(list) != 1 || len(list[0].Rows) != 1 {
		t.Fatalf("%+v", list)
	}
	var got []string
	for _, c := range list[0].Rows[0] {
		got = append(got, c.Text)
	}
	for i, want := range []string{"flood on tokyo", "1000", "", "40 %", "60 %"} {
		if got[i] != want {
			t.Errorf("column %d: %q, want %q", i, got[i], want)
		}
	}
}
