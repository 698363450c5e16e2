package timeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told is who answered the sim's group, each time that it became another.
func told(f Failover) []string {
	var list []string
	for _, by := range f.Meanwhile {
		list = append(list, by["london-dns"])
	}
	return list
}

// Of faults that come one after another all who took over are known, not only who
// answered at the ends.
func TestWhoAnsweredMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		healA, healB float64
		by           []serves
		want         []string
	}{
		"b takes over, then c":       {3000, 3500, []serves{{0, "a"}, {1000, ""}, {1200, "b"}, {1500, ""}, {1700, "c"}, {3200, "a"}}, []string{"b", "c"}},
		"nobody is left":             {3000, 3500, []serves{{0, "a"}, {1000, ""}, {1200, "b"}, {1500, ""}, {3200, "a"}}, []string{"b", ""}},
		"a is back before b goes":    {1300, 3500, []serves{{0, "a"}, {1000, ""}, {1100, "b"}, {1400, "a"}}, []string{"b", "a"}},
		"for a moment":               {3000, 3500, []serves{{0, "a"}, {1000, ""}, {1100, "b"}, {2000, "c"}, {2300, "b"}, {3200, "a"}}, []string{"b"}},
		"a was not missed":           {3000, 3500, []serves{{0, "a"}}, nil},
		"c is late":                  {3000, 3010, []serves{{0, "a"}, {1000, ""}, {2300, "c"}}, []string{"", "c"}},
		"c took over without a loss": {3000, 3010, []serves{{0, "a"}, {1600, "b"}, {2300, "c"}}, []string{"b", "c"}},
	} {
		s := newSim()
		twoFaults(s, c.healA, c.healB, "b")
		s.served(c.by...)
		s.probe(0.5, 6000)
		if d := cmp.Diff(c.want, told(s.build(t)[0])); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// Flows that go to several sites at once move some at a time: no site is said to have
// taken over while the one before still answers.
func TestWhoAnsweredSomeFlows(t *testing.T) {
	s := newSim()
	twoFaults(s, 3000, 3500, "b")
	s.answer = func(flow int, t float64) string {
		if t >= 1200 && flow%4 > 0 {
			return "b"
		}
		return "a"
	}
	s.probe(0.5, 6000)
	if got := told(s.build(t)[0]); got != nil {
		t.Errorf("%v, though a answered all the time", got)
	}
}
