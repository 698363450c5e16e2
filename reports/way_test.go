package reports

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"anylab/lab/record"
	"anylab/reports/page"
	"anylab/reports/timeline"
)

// Who was traced has a row; a record of an earlier version has none.
func TestWays(t *testing.T) {
	top := record.Topology{Nodes: []record.Node{{Name: "r", Role: record.RouterNode}, {Name: "london", Role: record.ClientNode}, {Name: "tokyo", Role: record.ClientNode}}}
	f := timeline.Failover{}
	for when, nodes := range map[record.When][]string{record.Before: {"r", "a"}, record.After: {"r", "s", "b"}, record.Healed: {"r", "a"}} {
		f.States = append(f.States, timeline.State{Node: "london", State: record.State{When: when, What: record.Way, Nodes: nodes}})
	}
	sections := cellReport{good: []timeline.Failover{f}, topology: top}.ways()
	if len(sections) != 1 {
		t.Fatalf("%d sections", len(sections))
	}
	want := [][]page.Cell{page.Texts("london", "r > a", "r > s > b", "the same")}
	if diff := cmp.Diff(want, sections[0].Rows); diff != "" {
		t.Error(diff)
	}
	if (cellReport{good: []timeline.Failover{{}}, topology: top}).ways() != nil {
		t.Error("ways that nobody traced")
	}
}
