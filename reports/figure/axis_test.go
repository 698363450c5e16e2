package figure

import (
	"slices"
	"testing"
)

func TestLinearTicks(t *testing.T) {
	var got []string
	for _, tick := range (linearTicks{6}).Ticks(-40, 330) {
		got = append(got, tick.Label)
	}
	if len(got) != 4 || got[0] != "0" || got[3] != "300" {
		t.Errorf("ticks %q, want 0 to 300 by 100", got)
	}
}

func TestWideScaleKeepsOrder(t *testing.T) {
	s := wideScale{5}
	last := -1.0
	for _, x := range []float64{0, 1, 10, 100, 1000, 3000} {
		at := s.Normalize(0, 3000, x)
		if at <= last || at < 0 || at > 1 {
			t.Errorf("%v is at %v, after %v", x, at, last)
		}
		last = at
	}
	if first := s.Ticks(0, 3000)[0]; first.Value != 0 || first.Label != "0" {
		t.Errorf("first tick %+v, want zero", first)
	}
}

func TestSpansAreSaidInTheirUnit(t *testing.T) {
	var got []string
	for _, tick := range (spans{wideScale{10}}).Ticks(0, 20000) {
		if tick.Label != "" {
			got = append(got, tick.Label)
		}
	}
	if want := []string{"0", "10 ms", "100 ms", "1 s", "10 s"}; !slices.Equal(got, want) {
		t.Errorf("ticks %q, want %q", got, want)
	}
}

func TestNodeColors(t *testing.T) {
	nodes := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	seen := map[any]string{}
	for _, n := range nodes {
		c := nodeColor(nodes, n)
		if other, ok := seen[c]; ok {
			t.Errorf("%s and %s look alike", n, other)
		}
		seen[c] = n
	}
	if nodeColor(nodes, "") != grey {
		t.Error("an unknown node isn't grey")
	}
}
