package run

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
)

// widest returns the widest part of the period that none of the places falls
// into.
func widest(at []time.Duration, period time.Duration) time.Duration {
	slices.Sort(at)
	w := at[0] + period - at[len(at)-1]
	for i := 1; i < len(at); i++ {
		w = max(w, at[i]-at[i-1])
	}
	return w
}

// cycle is what a trial takes beside its moment: as good as the same each time.
const cycle = 4200 * time.Millisecond

// A timer that keeps its beat is struck evenly all over its period, however long
// trials take. Of 20 independent draws the widest gap is 18 % on average.
func TestMomentsOfASteadyBeat(t *testing.T) {
	const period = time.Second
	for cell := range 3 {
		for _, first := range []int{0, 20, 1000} {
			now := record.Time(rand.N(time.Hour))
			beat := record.Time(rand.N(10 * period))
			var at []time.Duration
			for i := range 20 {
				m := newMoments(7, cell, 20).next(first+i, period, now)
				at = append(at, (m.Sub(beat)+time.Hour)%period)
				now = m.Add(cycle + rand.N(2*time.Second))
			}
			if w := widest(at, period); w > period/10 {
				t.Errorf("cell %d, 20 trials from %d: the widest gap is %v", cell, first, w)
			}
		}
	}
	if newMoments(7, 0, 20).part(3) == newMoments(8, 0, 20).part(3) || newMoments(7, 0, 20).part(3) == newMoments(7, 1, 20).part(3) {
		t.Error("other seeds and cells have the same moments")
	}
}

// A checker that is started anew whenever a trial is mended, or has failed over,
// is struck all over its period too, whatever part of the period a trial takes.
func TestMomentsOfABeatThatBeginsAnew(t *testing.T) {
	const period = time.Second
	var tenths [10]int
	n := 0
	for seed := range uint64(40) {
		for _, trials := range []int{5, 10, 20, 200} {
			m := newMoments(seed, 0, trials)
			beat, now := record.Time(0), record.Time(rand.N(time.Hour))
			var at []time.Duration
			for i := range min(trials, 20) {
				struck := m.next(i, period, now)
				if i > 0 {
					at = append(at, struck.Sub(beat)%period)
					tenths[10*(struck.Sub(beat)%period)/period]++
					n++
				}
				beat = struck.Add(3 * time.Second)
				now = struck.Add(cycle)
			}
			if w := widest(at, period); trials >= 20 && w > period/2 {
				t.Errorf("seed %d, %d trials: the widest gap is %v", seed, trials, w)
			}
		}
	}
	for i, got := range tenths {
		if share := float64(got) / float64(n); share < 0.06 || share > 0.14 {
			t.Errorf("%.0f %% of %d trials struck in tenth %d of the beat", 100*share, n, i+1)
		}
	}
}

// The moment is never past, and never a whole period away.
func TestMomentsOfShortPeriods(t *testing.T) {
	for _, period := range []time.Duration{0, 1, 30 * time.Millisecond, 99 * time.Millisecond, 3 * time.Second} {
		longest := 2 * max(period, shortestPeriod)
		var last time.Duration
		for i := range 50 {
			now := record.Time(rand.N(time.Hour))
			wait := newMoments(1, 0, 50).next(i, period, now).Sub(now)
			if wait < 0 || wait >= longest {
				t.Fatalf("period %v: a wait of %v", period, wait)
			}
			last = max(last, wait)
		}
		if last < shortestPeriod/2 {
			t.Errorf("period %v: the longest of 50 waits is %v", period, last)
		}
	}
}
