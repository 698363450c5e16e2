package record

import (
	"slices"
	"testing"
	"time"
)

// c is 3 ms from r, a 20 ms behind r; b is behind a second router, 5 ms away over a
// detour and 30 ms directly; d is as near as b; no way leads over a client or a site.
func TestNearest(t *testing.T) {
	link := func(a, b string, ms time.Duration) Link {
		d := ms * time.Millisecond
		return Link{Ends: [2]LinkEnd{{Node: a, Delay: d}, {Node: b, Delay: d}}}
	}
	top := Topology{
		Nodes: []Node{{Name: "r", Role: RouterNode}, {Name: "s", Role: RouterNode}, {Name: "far", Role: RouterNode}, {Name: "a", Role: AnycastNode},
			{Name: "b", Role: AnycastNode}, {Name: "d", Role: AnycastNode}, {Name: "lone", Role: AnycastNode}, {Name: "c", Role: ClientNode}, {Name: "e", Role: ClientNode}},
		Links: []Link{link("r", "c", 3), link("r", "a", 20), link("r", "far", 30), link("r", "s", 2), link("s", "far", 2), link("far", "b", 1), link("r", "d", 5), link("c", "e", 0), link("e", "lone", 0)},
	}
	want := map[string]time.Duration{"a": 46 * time.Millisecond, "b": 16 * time.Millisecond, "d": 16 * time.Millisecond}
	got := top.Distances("c")
	for site, trip := range want {
		if got[site] != trip {
			t.Errorf("to %s: %v, want %v", site, got[site], trip)
		}
	}
	if len(got) != len(want) {
		t.Errorf("distances %v, want %v", got, want)
	}
	if near := top.Nearest("c"); !slices.Equal(near, []string{"b", "d"}) {
		t.Errorf("nearest %v, want b and d", near)
	}
}
