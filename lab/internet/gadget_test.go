package internet

import (
	"slices"
	"testing"
	"time"
)

// liking ranks paths as an AS's list does; what is not on it is refused.
func liking(lists [][][]int32) func(int32, []int32) (uint16, bool) {
	return func(as int32, path []int32) (uint16, bool) {
		rank := slices.IndexFunc(lists[as], func(p []int32) bool { return slices.Equal(p, path) })
		return uint16(rank), rank >= 0
	}
}

// TestBadGadgetNeverConverges: each of three ASes likes the path by its neighbor
// better than its own (Griffin, Shepherd and Wilfong, 2002).
func TestBadGadgetNeverConverges(t *testing.T) {
	rank := liking([][][]int32{nil, {{2, 0}, {0}}, {{3, 0}, {0}}, {{1, 0}, {0}}})
	for seed := range uint64(3) {
		s := New(mesh(4), Rules{Rank: rank, Delay: Delay{10 * time.Millisecond, 50 * time.Millisecond}, Seed: seed})
		s.Announce(0)
		if s.Run(10 * time.Minute) {
			t.Fatalf("seed %d: it converged at %v", seed, s.Last)
		}
		if s.Last < 10*time.Minute-time.Second || s.Changes < 5_000 {
			t.Errorf("seed %d: the last of %d changes was at %v", seed, s.Changes, s.Last)
		}
	}
}

// TestDisagreeHasTwoStableStates: of two ASes one gets what it likes best, the other
// what is left; which one, chance says.
func TestDisagreeHasTwoStableStates(t *testing.T) {
	rank := liking([][][]int32{nil, {{2, 0}, {0}}, {{1, 0}, {0}}})
	ends := map[[2]int32]int{}
	for seed := range uint64(40) {
		s := New(mesh(3), Rules{Rank: rank, Delay: Delay{time.Millisecond, 50 * time.Millisecond}, Work: Mix{{20 * time.Millisecond, 1}}, Seed: seed})
		s.Announce(0)
		if s.Run(10 * time.Second) {
			ends[[2]int32{s.next(1), s.next(2)}]++
		}
	}
	if len(ends) != 2 || ends[[2]int32{2, 0}] == 0 || ends[[2]int32{0, 1}] == 0 {
		t.Errorf("it ended in %v, want both 1 by 2 and 2 by 1", ends)
	}
}
