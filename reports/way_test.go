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

func TestNoWayBackSaysWhoseAndWhere(t *testing.T) {
	own := timeline.Mute{Client: "london", Site: "b", Node: "r2", Had: true, For: 3060 * ms}
	for _, c := range []struct {
		mute []timeline.Mute
		want string
	}{
		{nil, ""},
		{[]timeline.Mute{own}, "for 3060 ms routes led london to b, whose answers had no way back: r2 no longer had a route to london"},
		{[]timeline.Mute{{Client: "london", Site: "b", Node: "b", For: 2000 * ms}, own}, "for 2000 ms routes led london to b, whose answers had no way back: b had no route to london (and so of 1 probe more)"},
	} {
		if got := noWayBack(timeline.Failover{Mute: c.mute}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
