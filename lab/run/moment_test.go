package run

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
)

// gap is the widest part of the period that no moment falls into, when 20
// trials from first on last random times. The period's beat began at beat.
func gap(p moments, first int, period time.Duration, beat record.Time) time.Duration {
	now := beat.Add(time.Second)
	var at []time.Duration
	for i := range 20 {
		m := p.next(first+i, period, now)
		at = append(at, m.Sub(beat)%period)
		now = m.Add(3*time.Second + rand.N(2*time.Second))
	}
	slices.Sort(at)
	widest := at[0] + period - at[len(at)-1]
	for i := 1; i < len(at); i++ {
		widest = max(widest, at[i]-at[i-1])
	}
	return widest
}

// TestMoments holds any number of trials in a row to an even cover of the
// period, however long they take, which independent draws don't have: of 20,
// the widest gap is then 18 % of the period on average.
func TestMoments(t *testing.T) {
	const period = time.Second
	for cell := range 3 {
		p := newMoments(7, cell)
		for _, first := range []int{0, 1, 17, 1000} {
			beat := record.Time(rand.N(10 * period))
			if widest := gap(p, first, period, beat); widest > period/10 {
				t.Errorf("cell %d, 20 trials from %d: the widest gap is %v", cell, first, widest)
			}
		}
	}
	if newMoments(7, 0) == newMoments(8, 0) || newMoments(7, 0) == newMoments(7, 1) {
		t.Error("other seeds and cells have the same phases")
	}
}

// The moment is never past, and never a whole period away.
func TestMomentsOfShortPeriods(t *testing.T) {
	for _, period := range []time.Duration{0, 1, 30 * time.Millisecond, 99 * time.Millisecond, 3 * time.Second} {
		longest := 2 * max(period, shortestPeriod)
		var last time.Duration
		for i := range 50 {
			now := record.Time(rand.N(time.Hour))
			wait := newMoments(1, 0).next(i, period, now).Sub(now)
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
