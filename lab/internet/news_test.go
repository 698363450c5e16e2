package internet

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestNewsSpreadsInTheTimesOfAnotherSimulation: an announcement by six sites, the
// withdrawal of the largest, and that of all, where some ASes have an MRAI of 30 s: half,
// 90 % and all of the ASes have their last path after about so many seconds as another
// simulation had on the graph of 2025; on a small generated one, in CI, too.
func TestNewsSpreadsInTheTimesOfAnotherSimulation(t *testing.T) {
	spreads(t, Generate(5_000, 1), []uint32{1, 4, 7, 10, 13, 16})
	t.Run("real", func(t *testing.T) {
		spreads(t, realGraph(t, "20250901.as-rel.txt.bz2"), []uint32{3356, 2914, 174, 1299, 6939, 3257})
	})
}

// factor is how far off an order of magnitude may be.
const factor = 6

func spreads(t *testing.T, g *Graph, under []uint32) {
	var sites []Site
	for _, as := range under {
		sites = append(sites, Site{fmt.Sprint("under", as), []uint32{as}})
	}
	g, err := g.WithSites(sites)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		share                    float64
		announced, largest, none [3]float64 // seconds; 0 is what does not fit, as the manual says
	}{
		{0, [3]float64{0.5, 0.9, 1.9}, [3]float64{0.6, 1.4, 2.0}, [3]float64{1.5, 2.2, 3.3}},
		{0.3, [3]float64{0.6, 29, 81}, [3]float64{0.7, 0, 59}, [3]float64{31, 57, 109}},
		{1, [3]float64{0, 52, 101}, [3]float64{0, 0, 87}, [3]float64{80, 109, 163}},
	} {
		s := New(g, Rules{MRAI: Mix{{30 * time.Second, c.share}, {0, 1 - c.share}}, Jitter: 0.25, Delay: Delay{10 * time.Millisecond, 210 * time.Millisecond}, HeldBack: true, Seed: 1})
		var list []int32
		for i := range sites {
			list = append(list, int32(g.Len()-len(sites)+i))
		}
		s.traffic = newTraffic(g.Len(), list, nil)
		tell := func(what string, by []int32, do func(int32), want [3]float64) {
			s.Rest()
			for _, as := range by {
				do(as)
			}
			s.Run(ever)
			all := s.spread(true).Settled
			for i, at := range []int{50, 90, 100} {
				if got := all[at].Seconds(); want[i] > 0 && (got < want[i]/factor || got > want[i]*factor) {
					t.Errorf("%v with 30 s, %s: %d %% are done after %.1f s, want about %.1f", c.share, what, at, got, want[i])
				}
			}
		}
		tell("announced", list, s.Announce, c.announced)
		served := s.traffic.sum[:len(list)]
		largest := list[slices.Index(served, slices.Max(served))]
		tell("the largest withdrawn", []int32{largest}, s.Withdraw, c.largest)
		tell("announced again", []int32{largest}, s.Announce, [3]float64{})
		tell("all withdrawn", list, s.Withdraw, c.none)
	}
}
